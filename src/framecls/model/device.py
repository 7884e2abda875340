"""The one place that decides on device and arithmetic."""

import torch

from framecls.config import Precision
from framecls.errors import ConfigError

__all__ = ["choose_device", "choose_dtype", "describe_device"]


def choose_device(name: str | None = None) -> torch.device:
    """
    Take CUDA where there is one, else the CPU.

    :param name: a device to use instead, such as ``cpu`` or ``cuda:1``.
    :returns: the device.
    :raises ConfigError: there is no such device.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"device {name!r} cannot be used here: {str(error).splitlines()[0]}") from error
    return device


def choose_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """
    Take bf16 where the hardware computes in it, unless told otherwise.

    :param precision: ``auto``, ``fp32`` or ``bf16``.
    :param device: where the model runs.
    :returns: ``torch.bfloat16`` or ``torch.float32``.
    """
    if precision == "auto":
        return torch.bfloat16 if _has_bf16(device) else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def describe_device(device: torch.device) -> str:
    """
    Name the hardware for a run's record.

    :param device: the device.
    :returns: for example ``cuda NVIDIA H200`` or ``cpu, 2 threads``.
    """
    if device.type == "cuda":
        return f"cuda {torch.cuda.get_device_name(device)}"
    return f"{device.type}, {torch.get_num_threads()} threads"
