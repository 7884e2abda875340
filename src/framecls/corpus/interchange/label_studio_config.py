"""The labelling configuration of a Label Studio project: made from codes, and read back to see what it asks for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from framecls.codebook import Codebook
from framecls.corpus.interchange.project import Code
from framecls.errors import CorpusError

__all__ = ["FRAMES_TAG", "TEXT_TAG", "LabelStudioConfig", "LabelStudioTask", "labelling_config"]

#: What an annotator is given: a document to select passages in, or a sentence to tick frames for.
LabelStudioTask = Literal["documents", "sentences"]
#: Names of the tags in the configurations made here.
FRAMES_TAG, TEXT_TAG = "frames", "text"
_DEFAULT_COLOR = "#808080"


def labelling_config(codes: Iterable[Code], *, tasks: LabelStudioTask = "documents") -> str:
    """
    Make the labelling configuration of a Label Studio project.

    :param codes: become labels, with their colours and definitions; those below a frame as ``frame/code``.
    :param tasks: what an annotator is given.
    :returns: XML to paste under *Settings, Labeling Interface, Code*.
    """
    view = etree.Element("View")
    codes = list(codes)
    by_id = {code.id: code for code in codes}
    if tasks == "documents":
        control = etree.SubElement(view, "Labels", name=FRAMES_TAG, toName=TEXT_TAG, choice="multiple")
        for code in codes:
            label = etree.SubElement(control, "Label", value=_label(code, by_id))
            label.set("background", code.color or _DEFAULT_COLOR)
            _explain(label, code)
        etree.SubElement(view, "Text", name=TEXT_TAG, value="$text", granularity="word")
    else:
        etree.SubElement(view, "Header", value="$heading", size="5")
        etree.SubElement(view, "Text", name="before", value="$before")
        etree.SubElement(view, "Text", name=TEXT_TAG, value="$text")
        control = etree.SubElement(view, "Choices", name=FRAMES_TAG, toName=TEXT_TAG, choice="multiple")
        for code in codes:
            _explain(etree.SubElement(control, "Choice", value=_label(code, by_id)), code)
    return str(etree.tostring(view, pretty_print=True, encoding="unicode"))


def _label(code: Code, by_id: Mapping[str, Code]) -> str:
    return code.name if code.parent is None else f"{_label(by_id[code.parent], by_id)}/{code.name}"


def _explain(element: etree._Element, code: Code) -> None:
    if code.description:
        element.set("hint", " ".join(code.description.split()))


@dataclass(frozen=True, slots=True)
class LabelStudioConfig:
    """
    What a labelling configuration asks for.

    :param tasks: what an annotator is given.
    :param from_name: name of the tag that holds the labels.
    :param to_name: name of the tag that shows the text.
    :param key: field of a task's data that holds the text.
    :param labels: label of each frame that the configuration has, in the codebook's order.
    """

    tasks: LabelStudioTask
    from_name: str
    to_name: str
    key: str
    labels: Mapping[str, str]

    @classmethod
    def read(cls, xml: str, codebook: Codebook) -> "LabelStudioConfig":
        """
        Find the tags for frames in a configuration, made here or elsewhere.

        :param xml: the configuration.
        :param codebook: gives the frames; a label is one by its name, its title or its alias, in whatever case.
        :returns: what it asks for; the first tag for labels with a frame among them counts.
        :raises CorpusError: it is no XML, or has no such tag.
        """
        if "<!" in re.sub(r"<!--.*?-->", "", xml, flags=re.DOTALL):
            raise CorpusError("the labelling configuration has a declaration '<!…'; remove it")
        try:
            root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            raise CorpusError(f"the labelling configuration is no XML: {error.msg}") from error
        texts = {tag.get("name"): (tag.get("value") or "") for tag in root.iter("Text")}
        frames = {_folded(word): d.name for d in codebook.definitions for word in (d.title, d.name)}
        for kind, inner in (("Labels", "Label"), ("Choices", "Choice")):
            for control in root.iter(kind):
                to_name = (control.get("toName") or "").split(",")[0]
                labels = _labels(control.iter(inner), frames)
                if to_name in texts and labels:
                    tasks: LabelStudioTask = "documents" if kind == "Labels" else "sentences"
                    ordered = {frame: labels[frame] for frame in codebook.frames if frame in labels}
                    key = texts[to_name].removeprefix("$")
                    return cls(tasks, control.get("name") or "", to_name, key, ordered)
        raise CorpusError(
            "the labelling configuration has no <Labels> or <Choices> on a <Text> with a frame of the codebook "
            f"({', '.join(codebook.frames)}); make one with 'framecls corpus label-studio-config'"
        )


def _labels(elements: Iterable[etree._Element], frames: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in elements:
        # Label Studio stores the alias where there is one.
        stored = element.get("alias") or element.get("value") or ""
        for word in (element.get("alias"), element.get("value")):
            if word and (frame := frames.get(_folded(word))):
                found.setdefault(frame, stored)
    return found


def _folded(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.replace("_", " ").casefold()))
