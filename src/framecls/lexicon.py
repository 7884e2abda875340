"""The codebook's keywords in a text: what a classifier has to beat, and what a sentence may escape."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from framecls.codebook import Codebook

__all__ = ["Lexicon"]


class Lexicon:
    """
    Decide a frame present wherever one of its keywords occurs.

    :param codebook: gives the keywords of each frame.
    """

    def __init__(self, codebook: Codebook) -> None:
        self._patterns = [_pattern(definition.lexicon) for definition in codebook.definitions]

    def hits(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """
        Count keywords.

        :param texts: N sentences.
        :returns: occurrences of each frame's keywords. *Shape:* ``(N, F)``, float32.
        """
        found = [[len(pattern.findall(text)) for pattern in self._patterns] for text in texts]
        return np.array(found, dtype=np.float32).reshape(len(texts), len(self._patterns))

    def decide(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """
        Decide by keywords.

        :param texts: N sentences.
        :returns: whether a keyword of each frame occurs. *Shape:* ``(N, F)``, bool.
        """
        return self.hits(texts) > 0


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    """Match any of the phrases as whole words; ``*`` stands for the rest of a word, a space for any white space."""
    if not phrases:
        return re.compile(r"(?!)")
    alternatives = [re.escape(phrase).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for phrase in phrases]
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)
