"""Teachers: larger models that say what they make of a sentence, or what such a model has said before."""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.corpus import AnnotatedSentence
from framecls.errors import ModelError
from framecls.files import file_sha256, whole_file
from framecls.model import FrameClassifier

CHUNK = 2048
#: Bytes of a text's hash that are kept.
WIDTH = 12


class Teacher:
    """
    A model, with what it has said of texts before; or that alone, so that a student can be taught without the model.

    :param path: the model's folder, or a file that was kept in a ``cache``.
    :param cache: folder to keep in what the model says.
    :param options: for :meth:`FrameClassifier.load`.
    :raises ModelError: the file is not one of these.
    """

    def __init__(self, path: Path, cache: Path | None = None, **options: Any) -> None:
        self.path, self.options = path, options
        self.model: FrameClassifier | None = None
        self.said: dict[bytes, npt.NDArray[np.float16]] = {}
        self.kept: Path | None = path if path.is_file() else None
        if cache and not self.kept:
            weights = [file_sha256(one) for one in sorted(path.glob("*.safetensors"))]
            name = sha256(json.dumps([weights, options]).encode()).hexdigest()[:12]
            self.kept = cache / f"{name}.npz"
        if self.kept and self.kept.exists():
            try:
                with np.load(self.kept, allow_pickle=False) as kept:
                    keys = [row.tobytes() for row in kept["texts"]]
                    self.said = dict(zip(keys, kept["probabilities"], strict=True))
                    self.thresholds: npt.NDArray[np.floating] = kept["thresholds"]
            except (ValueError, KeyError, OSError) as error:
                raise ModelError(
                    f"{self.kept}: not what a teacher said; give a model folder or a file of --cache"
                ) from error

    @property
    def is_silent(self) -> bool:
        """Whether nothing can be asked that was not asked before."""
        return self.path.is_file()

    def probabilities(self, sentences: list[AnnotatedSentence]) -> npt.NDArray[np.float32]:
        """
        Say what there is.

        :param sentences: N sentences.
        :returns: a probability for each frame, nan for what the model's screen discards and for what a file does not
            know. *Shape:* ``(N, F)``.
        """
        keys = [text_key(one) for one in sentences]
        new = list({key: s for key, s in zip(keys, sentences, strict=True) if key not in self.said}.items())
        if new and not self.is_silent:
            self._ask(new)
        unknown = np.full(len(self.thresholds), np.nan, dtype=np.float16)
        rows = [self.said.get(key, unknown) for key in keys]
        return np.array(rows, dtype=np.float32).reshape(len(keys), len(unknown))

    def decide(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Hold probabilities against the thresholds of the model. *Shape:* ``(N, F)``."""
        found: npt.NDArray[np.bool_] = probabilities >= self.thresholds
        return found

    def _ask(self, new: list[tuple[bytes, AnnotatedSentence]]) -> None:
        self.model = self.model or FrameClassifier.load(self.path, **self.options)
        self.thresholds = np.array([frame.threshold for frame in self.model.decision.frames])
        for start in range(0, len(new), CHUNK):
            part = dict(new[start : start + CHUNK])
            inputs = [[getattr(s, field) for s in part.values()] for field in ("text", "before", "heading")]
            found = self.model.probabilities(*inputs).astype(np.float16)
            self.said |= dict(zip(part, found, strict=True))
            sys.stdout.write(f"{self.path.name}: {start + len(part)} of {len(new)} sentences\n")
            sys.stdout.flush()
            if start // CHUNK % 8 == 7 or start + CHUNK >= len(new):
                self._keep()

    def _keep(self) -> None:
        if self.kept:
            texts = np.frombuffer(b"".join(self.said), dtype=np.uint8).reshape(-1, WIDTH)
            with whole_file(self.kept) as partial, partial.open("wb") as file:
                np.savez_compressed(
                    file, texts=texts, probabilities=np.array(list(self.said.values())), thresholds=self.thresholds
                )


def text_key(sentence: AnnotatedSentence) -> bytes:
    """Hash whatever of a sentence a model may see."""
    seen = json.dumps([sentence.text, sentence.before, sentence.heading])
    return sha256(seen.encode()).digest()[:WIDTH]
