"""Sentences in, labels out: the one function that a run on this machine, a cluster and a notebook share."""

import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framecls.config import EngineName, Precision
from framecls.documents import Failure, LocatedSentence
from framecls.errors import ConfigError, ModelError
from framecls.labelling.writers import label_schema
from framecls.model import FrameClassifier
from framecls.model.decision import Decision
from framecls.model.identity import checkpoint_sha256

__all__ = ["Labeller", "Recipe"]

#: Sentences scored together: enough to sort by length, few enough to tell of progress.
_WINDOW = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """
    What another process, or another machine, needs to label alike.

    :param path: the checkpoint folder, under the same name there.
    :param sha256: its hash.
    :param engine: what computes the scores.
    :param screen_loss: what a screen may lose; ``None`` for none.
    :param decision: calibration and thresholds, which may be others than the folder's.
    :param text: whether the sentences' text is among the columns.
    :param settings: what the rows depend on beside the checkpoint's files, where the run began.
    """

    path: Path
    sha256: str
    engine: EngineName
    screen_loss: float | None
    decision: Decision
    text: bool
    settings: Mapping[str, str]

    def make(self, *, device: str | None = None) -> "Labeller":
        """
        Load the model.

        :param device: ``cpu``, ``cuda`` …; CUDA where there is one by default.
        :returns: a labeller.
        :raises ModelError: the folder is not there, holds another model, or labels otherwise, as with another screen.
        """
        # bf16 that was asked for as a precision was used unchecked where there was nothing to check it by.
        precision: Precision | None = "bf16" if self.engine == "torch-bf16" else None
        engine = None if self.engine in ("torch", "torch-bf16") else self.engine
        # The screen is fitted to the decision, so the one cannot be put in place after the other.
        classifier = FrameClassifier.load(
            self.path,
            device=device,
            precision=precision,
            decision=self.decision,
            engine=engine,
            screen_loss=self.screen_loss,
        )
        labeller = Labeller(classifier, text=self.text)
        if labeller.model_sha256 != self.sha256:
            raise ModelError(f"{self.path}: holds another model on {platform.node()} than where the run began; copy it")
        for name, value in self.settings.items():
            if (found := labeller.settings.get(name)) != value:
                raise ModelError(
                    f"{self.path}: {name} on {platform.node()} is {found}, where the run began it is {value}; "
                    "copy the model's whole folder"
                )
        return labeller


class Labeller:
    """
    Label sentences as columns.

    What it gives depends on the model and on the sentences of the call alone, never on an earlier call: a shard that
    is labelled again after a crash, or by another machine, gets the same rows. Sentences that the encoder sees alike
    are scored once a call, so that the memory of what was scored is as bounded as the call is.

    :param classifier: scores and decides.
    :param text: whether the sentences' text is among the columns.
    """

    def __init__(self, classifier: FrameClassifier, *, text: bool = True) -> None:
        self._classifier = classifier
        self._text = text
        self.schema = label_schema(classifier.codebook.frames, text=text)

    @cached_property
    def model_sha256(self) -> str | None:
        """Hash of the checkpoint; ``None`` for a classifier that was never in a folder."""
        return None if self._classifier.path is None else checkpoint_sha256(self._classifier.path)

    def settle(self, sentences: Iterable[LocatedSentence]) -> None:
        """
        Let ``auto`` choose the engine by the first of the sentences to come.

        :param sentences: from these so many are taken as are needed; none where the engine is known.
        """
        if self._classifier.engine is None:
            first = [item.sentence for item in islice(sentences, _WINDOW)]
            columns = ([getattr(one, name) for one in first] for name in ("text", "before", "heading"))
            self._classifier.settle(*columns)

    def recipe(self) -> Recipe:
        """
        Give what another process needs to label alike.

        :returns: the recipe.
        :raises ConfigError: the model was not loaded from a folder.
        """
        classifier = self._classifier
        if classifier.path is None or self.model_sha256 is None:
            raise ConfigError("a model that was not loaded from a folder cannot be given to other processes; save it")
        engine = classifier.engine or "torch"
        return Recipe(
            path=classifier.path.absolute(),
            sha256=self.model_sha256,
            engine=engine,
            screen_loss=None if classifier.screen is None else classifier.screen.loss,
            decision=classifier.decision,
            text=self._text,
            settings={**self.settings, "framecls.engine": engine},
        )

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._classifier.name

    @property
    def languages(self) -> tuple[str, ...]:
        """What the model was trained for, as ISO 639-1 codes."""
        return self._classifier.languages

    @property
    def codebook_sha256(self) -> str:
        """Hash of the codebook."""
        return self._classifier.codebook.sha256

    @property
    def settings(self) -> dict[str, str]:
        """What the rows depend on beside the checkpoint's files."""
        decision = self._classifier.decision
        return {
            "text": str(self._text),
            **self._classifier.provenance(),
            "target": decision.target,
            "thresholds": " ".join(repr(frame.threshold) for frame in decision.frames),
        }

    @property
    def metadata(self) -> dict[str, str]:
        """What a file of labels says of its model."""
        classifier, codebook = self._classifier, self._classifier.codebook
        known = {} if self.model_sha256 is None else {"framecls.model_sha256": self.model_sha256}
        return {
            "framecls.model": classifier.name,
            **known,
            "framecls.codebook": f"{codebook.name} {codebook.version} {codebook.sha256}",
            "framecls.decision": json.dumps(asdict(classifier.decision)),
            **classifier.provenance(),
        }

    def __call__(
        self, sentences: Sequence[LocatedSentence], *, progress: Callable[[int], None] | None = None
    ) -> pa.Table:
        """
        Label sentences.

        :param sentences: N sentences.
        :param progress: called with the number of sentences labelled so far, after each window.
        :returns: a row a sentence, in the order given, with the columns of :attr:`schema`.
        """
        return self.table(sentences, self._probabilities(sentences, progress))

    def cut(self, sentences: Sequence[LocatedSentence]) -> Iterator[Failure]:
        """
        Tell which documents have sentences whose end the model does not see.

        :param sentences: N sentences.
        :returns: a failure for each such document, with the first of those sentences.
        """
        found: dict[str, list[str]] = {}
        for row in self._classifier.too_long([item.sentence.text for item in sentences]):
            found.setdefault(sentences[row].document_id, []).append(sentences[row].sentence_id)
        for document_id, ids in found.items():
            what = f"sentence {ids[0]!r} is" if len(ids) == 1 else f"{len(ids)} sentences, {ids[0]!r} first, are"
            reason = f"{what} longer than the {self._classifier.max_length} tokens the model reads"
            yield Failure(document_id, "length", f"{reason}; labelled by the beginning alone")

    def table(self, sentences: Sequence[LocatedSentence], probabilities: npt.NDArray[np.float32]) -> pa.Table:
        """
        Put sentences, their probabilities and what is decided by them into columns.

        :param sentences: N sentences.
        :param probabilities: from the classifier; NaN for a sentence that a screen discarded. *Shape:* ``(N, F)``.
        :returns: a row a sentence, in the order given, with the columns of :attr:`schema`.
        """
        decided = self._classifier.decide(probabilities)
        frames = self._classifier.codebook.frames
        size = len(sentences)
        inner = [item.sentence for item in sentences]
        columns: dict[str, pa.Array | list[object]] = {
            "document_id": [item.document_id for item in sentences],
            "sentence_id": [item.sentence_id for item in sentences],
            "start": [sentence.start for sentence in inner],
            "end": [sentence.end for sentence in inner],
            "page": [sentence.page for sentence in inner],
            "heading": [sentence.heading for sentence in inner],
            "unit": [sentence.unit for sentence in inner],
            "language": [sentence.language or None for sentence in inner],
        }
        if self._text:
            columns["text"] = [sentence.text for sentence in inner]
        for column, frame in enumerate(frames):
            # A sentence that was never scored has no probability; it must not read as the number NaN.
            columns[f"prob_{frame}"] = pa.array(probabilities[:, column], from_pandas=True)
            columns[frame] = pa.array(decided[:, column])
        columns["frames"] = _names(decided, frames)
        columns["model"] = pa.repeat(self._classifier.name, size)
        columns["codebook"] = pa.repeat(self._classifier.codebook.sha256, size)
        return pa.table(
            [pa.array(columns[field.name], field.type) for field in self.schema],
            schema=self.schema,
        )

    def _probabilities(
        self, sentences: Sequence[LocatedSentence], progress: Callable[[int], None] | None
    ) -> npt.NDArray[np.float32]:
        """Score what the encoder would see twice only once."""
        context = self._classifier.context.split("+")
        columns = [[item.sentence.text for item in sentences]]
        for name, used in (("before", "before" in context), ("heading", "heading" in context)):
            columns.append([getattr(item.sentence, name) for item in sentences] if used else [""] * len(sentences))
        # Texts alone are compared faster than texts with an empty context.
        seen = list(zip(*columns, strict=True)) if context != ["none"] else columns[0]
        places: dict[str | tuple[str, ...], int] = {}
        place_of = [places.setdefault(key, len(places)) for key in seen]
        rows = _first_rows(place_of, len(places))
        scored = [np.empty((0, len(self._classifier.codebook.frames)), dtype=np.float32)]
        for start in range(0, len(rows), _WINDOW):
            window = rows[start : start + _WINDOW]
            scored.append(self._classifier.probabilities(*([column[row] for row in window] for column in columns)))
            if progress is not None:
                progress(len(sentences) * min(start + _WINDOW, len(rows)) // len(rows))
        return np.concatenate(scored)[np.asarray(place_of, dtype=np.intp)]


def _first_rows(place_of: Sequence[int], places: int) -> list[int]:
    """Give the first row of each place; places are numbered as they first occur."""
    rows: list[int] = []
    for row, place in enumerate(place_of):
        if place == len(rows):
            rows.append(row)
            if len(rows) == places:
                break
    return rows


def _names(decided: npt.NDArray[np.bool_], frames: Sequence[str]) -> pa.Array:
    """Give the frames that are present in each row, as lists of their names."""
    offsets = np.concatenate([[0], np.cumsum(decided.sum(axis=1))])
    present = pa.array(frames, pa.string()).take(pa.array(np.nonzero(decided)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), present)
