"""Leave out sentences in languages that a model was not trained for, and say so."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from framecls.documents import Failure, LocatedSentence

__all__ = ["in_languages"]


def in_languages(
    items: Iterable[LocatedSentence | Failure], languages: Collection[str]
) -> Iterator[LocatedSentence | Failure]:
    """
    Pass on the sentences in given languages; a sentence whose language nothing tells is passed on too.

    :param items: what one input file holds.
    :param languages: ISO 639-1 codes.
    :returns: the items without the sentences in other languages, and after them a failure for each document that had
        some.
    """
    sentences: Counter[str] = Counter()
    left_out: dict[str, Counter[str]] = {}
    for item in items:
        if isinstance(item, LocatedSentence):
            sentences[item.document_id] += 1
            language = item.sentence.language
            if language and language not in languages:
                left_out.setdefault(item.document_id, Counter())[language] += 1
                continue
        yield item
    for document_id, counts in left_out.items():
        yield Failure(document_id, "language", _reason(counts, sentences[document_id]))


def _reason(counts: Counter[str], sentences: int) -> str:
    named = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(named) == 1:
        (language, number), *_ = named
        what = f"{number} of {sentences} sentences {'is' if number == 1 else 'are'} in {language}, which"
    else:
        listed = ", ".join(f"{number} in {language}" for language, number in named)
        what = f"{counts.total()} of {sentences} sentences are in languages ({listed}) that"
    return f"{what} the model was not trained for; label them with --any-language"
