"""Which engine: one by name, held to parity, or the fastest here that holds it."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from framecls.config import EngineName
from framecls.errors import ModelError
from framecls.model.decision import Decision
from framecls.model.device import choose_threads, has_bf16
from framecls.model.early_exit import EarlyExit, ExitHead
from framecls.model.encoding import Encoder, Features, batches, pad
from framecls.model.engine import Batch, Engine, TorchEngine
from framecls.model.fingerprint import fingerprint
from framecls.model.loading import AGAIN, loading
from framecls.model.onnx_engine import OnnxEngine, has_onnx
from framecls.model.parity import PARITY, HeldOut, Parity, Part, measure_parity
from framecls.model.scoring import score_encoded

__all__ = ["Engines", "load_torch"]

logger = logging.getLogger(__name__)

#: Sentences that ``auto`` measures with, and for how long, all engines together, once each is warm.
_SAMPLE, _SECONDS = 64, 1.0


def load_torch(path: Path, device: torch.device, dtype: torch.dtype) -> TorchEngine:
    """
    Load the torch engine.

    :param path: the checkpoint folder.
    :param device: where it computes.
    :param dtype: its arithmetic.
    :returns: the engine.
    :raises ModelError: the folder holds no encoder that can be loaded.
    """
    with loading(f"{path}: the encoder", remedy=AGAIN):
        model = AutoModelForSequenceClassification.from_pretrained(
            path, dtype=dtype, local_files_only=True, use_safetensors=True
        )
    return TorchEngine(model.to(device).eval())


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """
    The engines of one checkpoint on this machine.

    :param path: the checkpoint folder.
    :param frames: of its codebook, in order.
    :param encoder: of the model.
    :param decision: for the target in use.
    :param device: where torch computes.
    :param threads: how many to compute with; the physical cores at hand by default.
    """

    path: Path
    frames: tuple[str, ...]
    encoder: Encoder
    decision: Decision
    device: torch.device
    threads: int | None = None

    def available(self) -> list[EngineName]:
        """
        List the engines that can run here.

        :returns: their names, the reference first.
        """
        names: list[EngineName] = ["torch"]
        if has_bf16(self.device):
            names.append("torch-bf16")
        if self.device.type == "cpu" and has_onnx():
            names += ["onnx", "onnx-int8"]
        return names

    def load(self, name: EngineName, head: ExitHead | None = None) -> Engine:
        """
        Load an engine, unchecked.

        :param name: which.
        :param head: of an early exit, for that part of the model alone.
        :returns: the engine.
        :raises ModelError: it cannot be loaded.
        """
        threads = choose_threads(self.threads)
        if name == "torch" or name == "torch-bf16":
            whole = load_torch(self.path, self.device, torch.float32 if name == "torch" else torch.bfloat16)
            if head is None:
                return whole
            # An early exit has what the engine asks of a model.
            return TorchEngine(cast(PreTrainedModel, EarlyExit(whole.model, head).to(self.device).eval()))
        return OnnxEngine.load(
            self.path,
            name,
            fingerprint=fingerprint(self.path),
            threads=threads,
            calibration=self._calibration,
            head=head,
        )

    def held_out(self, part: Part = "held_out") -> HeldOut:
        """
        Read the sentences that engines are held to.

        :param part: which of them.
        :returns: the sentences.
        :raises ModelError: the checkpoint keeps none.
        """
        found = HeldOut.read(self.path, part, frames=self.frames, fingerprint=fingerprint(self.path))
        if found is None:
            raise ModelError(
                f"{self.path}: has no {PARITY}, the held-out sentences that an engine is held to; write it with "
                f"'framecls engines {self.path} --corpus CORPUS', or use the engine torch"
            )
        return found

    def load_held(self, name: EngineName) -> tuple[Engine, Parity | None]:
        """
        Load an engine and hold it to the reference's decisions.

        :param name: which; ``torch`` is the reference itself.
        :returns: the engine, and how far its decisions are the reference's.
        :raises ModelError: they are not, by the figure; or there is nothing to hold it to.
        """
        if name == "torch":
            return self.load(name), None
        held_out = self.held_out()
        engine = self.load(name)
        parity = measure_parity(engine, held_out, self.encoder, self.decision)
        parity.check()
        return engine, parity

    def fastest(self, features: Features) -> Engine:
        """
        Measure the engines on sentences of the user's and take the fastest that holds parity; says which, and why.

        :param features: encoded sentences, the first of the job.
        :returns: the engine.
        :raises ModelError: not even the reference can be loaded.
        """
        try:
            held_out = self.held_out()
        except ModelError as error:
            logger.warning("engine torch: no other can be held to it; %s", error)
            return self.load("torch")
        engines: dict[EngineName, Engine] = {}
        for name in self.available():
            try:
                engines[name] = self.load(name)
            except ModelError as error:
                if name == "torch":
                    raise
                logger.warning("engine %s is left out: %s", name, error)
        rates = self.rates(engines, features or held_out.encode(self.encoder))
        told: list[str] = []
        for name in sorted(rates, key=rates.__getitem__, reverse=True):
            rate = f"{name} {rates[name]:.0f} sentences/s"
            parity = None if name == "torch" else measure_parity(engines[name], held_out, self.encoder, self.decision)
            if parity is None or parity.holds:
                slower = [f"{other} {rates[other]:.0f}" for other in rates if rates[other] < rates[name]]
                why = "the reference" if parity is None else str(parity)
                against = f" (against {', '.join(slower)})" if slower else ""
                logger.info("engine %s", "; ".join([*told, f"{rate} here{against}, {why}"]))
                return engines[name]
            told.append(f"{rate} refused, as it {parity}")
        raise AssertionError("the reference is among the engines")

    def rates(self, engines: dict[EngineName, Engine], features: Features) -> dict[EngineName, float]:
        """
        Measure engines in turns.

        :param engines: loaded engines by name.
        :param features: encoded sentences to measure with; some of every length are taken.
        :returns: sentences a second by name, the median of the turns.
        """
        by_length = sorted(features, key=lambda feature: len(feature["input_ids"]))
        step = max(1, len(by_length) // _SAMPLE)
        sample = by_length[step // 2 :: step]
        for engine in engines.values():
            score_encoded(engine, sample, self.encoder)
        taken: dict[EngineName, list[float]] = {name: [] for name in engines}
        end = time.perf_counter() + _SECONDS
        while not min(map(len, taken.values())) or time.perf_counter() < end:
            for name, engine in engines.items():
                started = time.perf_counter()
                score_encoded(engine, sample, self.encoder)
                taken[name].append(time.perf_counter() - started)
        return {name: len(sample) / float(np.median(times)) for name, times in taken.items()}

    def _calibration(self) -> list[Batch]:
        features = self.held_out("calibration").encode(self.encoder)
        if not features:
            raise ModelError(f"{self.path / PARITY}: has no sentences to calibrate on; write it again")
        rows = batches([len(feature["input_ids"]) for feature in features], 2048)
        return [pad([features[row] for row in batch], self.encoder.tokenizer) for batch in rows]
