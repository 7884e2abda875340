"""
The engine of ONNX Runtime: the model exported once, in fp32 or with weights and activations in 8 bits.

Exported files lie in the checkpoint's ``onnx/``, or in the user's cache where that cannot be written. Their names
carry the fingerprint of the weights, so that no file outlives the weights it was made from.
"""

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from framecls.errors import ModelError
from framecls.model.early_exit import EarlyExit, ExitHead
from framecls.model.engine import Batch
from framecls.model.fusing import fuse
from framecls.model.quantizing import quantize

__all__ = ["OnnxEngine", "has_onnx"]

logger = logging.getLogger(__name__)

OnnxName = Literal["onnx", "onnx-int8"]

#: Counted up whenever an export changes, so that files of an older way are made again.
_RECIPE = 3
_OPSET = 18
#: A sum and its normalisation joined by ONNX Runtime take several times as long as one after the other.
_UNWANTED = ["SkipLayerNormFusion"]


def has_onnx() -> bool:
    """
    Say whether the extra is installed.

    :returns: whether it is.
    """
    return all(find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxEngine:
    """
    A session of ONNX Runtime on the CPU.

    :param name: ``onnx`` or ``onnx-int8``.
    :param session: of the exported model, with one thread for each batch.
    :param workers: batches computed at the same time. Two cores with a batch each get half as much again done as both
        with one batch after another, most of whose operations are too small to be shared.
    """

    name: OnnxName
    session: Any
    workers: int

    @classmethod
    def load(
        cls,
        path: Path,
        name: OnnxName,
        *,
        fingerprint: str,
        threads: int,
        calibration: Callable[[], list[Batch]],
        head: ExitHead | None = None,
    ) -> Self:
        """
        Load the exported model, which is made on first use.

        :param path: the checkpoint folder.
        :param name: which engine.
        :param fingerprint: of the model's weights.
        :param threads: how many to compute with, each with a batch of its own.
        :param calibration: gives batches of sentences; asked for when the model is exported.
        :param head: of an early exit, for that part of the model alone.
        :returns: the engine.
        :raises ModelError: the extra is missing, or the model cannot be exported.
        """
        if not has_onnx():
            raise ModelError(f"engine {name}: onnxruntime is not installed; pip install 'framecls[onnx]'")
        import onnxruntime

        file = _exported(path, name, fingerprint, calibration, head)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        broken = onnxruntime.capi.onnxruntime_pybind11_state
        try:
            session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=_UNWANTED
            )
        except (broken.Fail, broken.InvalidProtobuf, broken.InvalidGraph, broken.NotImplemented) as error:
            raise ModelError(
                f"{file}: cannot be loaded: {str(error).splitlines()[0]}; delete it to make it again"
            ) from error
        return cls(name=name, session=session, workers=threads)

    @property
    def outputs(self) -> int:
        """Frames F it has a logit for."""
        return int(self.session.get_outputs()[0].shape[1])

    @property
    def token_budget(self) -> int:
        """Batches that stay in the cache of a core are fastest, and ranges of activations are narrow in them."""
        return 512

    def __call__(self, batch: Batch) -> npt.NDArray[np.float32]:
        """
        Compute logits.

        :param batch: B sentences.
        :returns: *Shape:* ``(B, F)``, float32.
        """
        logits: npt.NDArray[np.float32] = self.session.run(None, dict(batch))[0]
        return logits


def _exported(
    path: Path,
    name: OnnxName,
    fingerprint: str,
    calibration: Callable[[], list[Batch]],
    head: ExitHead | None = None,
) -> Path:
    folder = _folder(path)
    part = "" if head is None else f"exit-{head.digest}-"
    file = folder / f"{fingerprint[:16]}-{part}{name}-{_RECIPE}.onnx"
    if file.exists():
        return file
    # Several processes may export at once: each writes in a folder of its own, and the last rename wins.
    with TemporaryDirectory(dir=folder, prefix=".export-") as scratch:
        made = Path(scratch) / "made.onnx"
        batches = calibration()
        if name == "onnx":
            logger.info("exporting the %s for ONNX Runtime, once", "model" if head is None else "screen")
            _export(path, tuple(batches[0]), made, head)
            _fuse(made)
        else:
            plain = _exported(path, "onnx", fingerprint, calibration, head)
            logger.info("quantising the exported %s, once", "model" if head is None else "screen")
            with _calm():
                # What an early exit scores is compared with its own threshold, not with the reference.
                quantize(plain, made, batches, exact=head is None)
        made.replace(file)
    if folder.parent == path:
        for old in folder.glob("*.onnx"):
            stale = head is not None and "-exit-" in old.name and part not in old.name
            if stale or not (old.name.startswith(fingerprint[:16]) and old.stem.endswith(f"-{_RECIPE}")):
                old.unlink(missing_ok=True)
    return file


def _folder(path: Path) -> Path:
    """Take the checkpoint's own folder, else the user's cache."""
    own = path / "onnx"
    try:
        own.mkdir(exist_ok=True)
        if os.access(own, os.W_OK):
            return own
    except OSError:
        pass
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "framecls" / "onnx"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


class _Logits(torch.nn.Module):
    """A model that takes its inputs by name and gives logits alone, as an exported graph has to."""

    def __init__(self, model: PreTrainedModel | EarlyExit, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(**dict(zip(self.names, inputs, strict=True))).logits
        return logits


def _export(path: Path, names: tuple[str, ...], to: Path, head: ExitHead | None) -> None:
    """Write the model, or its early exit, as an ONNX graph of any batch and any length."""
    # Attention written out, since ONNX Runtime fuses that and has no kernel for the other form in this opset.
    model = AutoModelForSequenceClassification.from_pretrained(
        path, dtype=torch.float32, attn_implementation="eager", local_files_only=True, use_safetensors=True
    )
    part = (model if head is None else EarlyExit(model, head)).eval()
    # Two sentences of sixteen tokens: a size of one would be taken for a constant.
    example = tuple(torch.ones(2, 16, dtype=torch.int64) for _ in names)
    shapes = (tuple({0: "batch", 1: "tokens"} for _ in names),)
    try:
        with _calm():
            torch.onnx.export(
                _Logits(part, names),
                example,
                to,
                input_names=names,
                output_names=["logits"],
                dynamic_shapes=shapes,
                opset_version=_OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"{path}: cannot be exported for ONNX Runtime: {reason}; use the engine torch") from error


def _fuse(file: Path) -> None:
    import onnx

    model = onnx.load(file)
    # Shapes noted by the exporter contradict what is joined.
    del model.graph.value_info[:]
    fuse(model)
    onnx.save(model, file)


@contextmanager
def _calm() -> Iterator[None]:
    """Keep the exporter's and the quantiser's advice to their own developers off the user's terminal."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", None)]
    levels = [one.level for one in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for one in loggers:
                one.setLevel(logging.ERROR)
            yield
        finally:
            for one, level in zip(loggers, levels, strict=True):
                one.setLevel(level)
