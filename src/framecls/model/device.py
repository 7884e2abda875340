"""The one place that decides on device and arithmetic."""

import os
from pathlib import Path

import torch

from framecls.config import EngineChoice, Precision
from framecls.errors import ConfigError

__all__ = ["choose_device", "choose_dtype", "choose_engine", "choose_threads", "describe_device", "has_bf16"]


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
        return torch.bfloat16 if has_bf16(device) else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def choose_engine(engine: EngineChoice | None, precision: Precision | None, device: torch.device) -> EngineChoice:
    """
    Join what was asked for by ``--engine`` and by ``--precision``: a precision is the arithmetic of the torch engine.

    :param engine: the engine asked for, if any.
    :param precision: the precision asked for, if any.
    :param device: where the model runs.
    :returns: the engine.
    :raises ConfigError: the two contradict each other, or the device cannot run the engine.
    """
    if engine is not None and engine.startswith("onnx") and device.type != "cpu":
        raise ConfigError(f"engine {engine} computes on the CPU, and the device is {device}; give --device cpu")
    asked = {torch.bfloat16: "torch-bf16", torch.float32: "torch"}
    if precision is None or (engine == "onnx" and precision == "fp32"):
        return engine or "torch"
    if engine in (None, "torch"):
        return "torch-bf16" if choose_dtype(precision, device) == torch.bfloat16 else "torch"
    if engine != asked[choose_dtype(precision, device)]:
        raise ConfigError(f"engine {engine} and precision {precision} contradict each other; leave one of them out")
    return engine


def choose_threads(threads: int | None = None) -> int:
    """
    Take the physical cores this process may run on, unless told otherwise.

    :param threads: how many to use instead; PyTorch is set to them.
    :returns: how many an engine of its own threads should use.
    """
    if threads is not None:
        torch.set_num_threads(threads)
        return threads
    if given := os.environ.get("OMP_NUM_THREADS", ""):
        return int(given) if given.isdigit() and int(given) else torch.get_num_threads()
    if not hasattr(os, "sched_getaffinity"):
        return torch.get_num_threads()
    allowed = os.sched_getaffinity(0)
    cores = {
        siblings.read_text(encoding="ascii").strip()
        for cpu in allowed
        if (siblings := Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")).exists()
    }
    return len(cores) or len(allowed)


def has_bf16(device: torch.device) -> bool:
    """
    Say whether the hardware computes in bf16.

    :param device: where the model runs.
    :returns: whether it does; emulation does not count.
    """
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
