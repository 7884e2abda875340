"""What a server takes and gives, as models that its OpenAPI description is made of."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator

from framecls.codebook import Codebook
from framecls.documents import Sentence
from framecls.documents.document import Unit
from framecls.documents.language import language_of

__all__ = ["About", "Failure", "GivenSentence", "Health", "LabelRequest", "Text", "encodable", "response_model"]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def encodable(text: str) -> str:
    """
    Refuse text that no encoding can write down, as JSON can spell it.

    :param text: the text.
    :returns: the same.
    :raises ValueError: it has half a surrogate pair.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"character {error.start} is half of a surrogate pair, so it is no Unicode text") from None
    return text


Text = Annotated[str, AfterValidator(encodable)]


class GivenSentence(_Given):
    """A ready sentence, with what the model may look at beside it."""

    text: Text = Field(description="The sentence.", pattern=r"\S")
    before: Text = Field(default="", description="The sentence before it.")
    heading: Text = Field(default="", description="The headings above it, outermost first, joined by ' > '.")
    sentence_id: Text | None = Field(
        default=None, description="Comes back in its row; numbered by default.", min_length=1
    )
    start: int | None = Field(default=None, description="Comes back in its row.", ge=0)
    end: int | None = Field(default=None, description="Comes back in its row.", ge=0)
    page: int | None = Field(default=None, description="Comes back in its row.")
    unit: Unit = Field(default="sentence", description="Comes back in its row.")

    def sentence(self) -> Sentence:
        """Give it as the sentence of a document."""
        language = language_of(self.text)
        return Sentence(
            self.start, self.end, self.text, self.unit, self.before, self.heading, self.page, language=language
        )


def _whole(given: object) -> object:
    """Make a bare text a sentence."""
    return {"text": given} if isinstance(given, str) else given


Given = Annotated[GivenSentence, BeforeValidator(_whole, json_schema_input_type=GivenSentence | str)]


class LabelRequest(_Given):
    """Either a whole text, which is cut into sentences, or ready sentences."""

    document_id: Text = Field(default="text", description="Comes back in every row.", min_length=1)
    text: Text | None = Field(default=None, description="A plain text; blank lines, headings and lists are recognised.")
    sentences: list[Given] | None = Field(default=None, description="Ready sentences.", min_length=1)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.sentences is None):
            raise ValueError("give either 'text' or 'sentences'")
        return self


class About(BaseModel):
    """By what a server labels; part of every answer."""

    framecls: str = Field(description="Version of framecls.")
    model: str = Field(description="Name of the model.")
    model_sha256: str = Field(description="Hash of the model's files that bear on its labels.")
    codebook: str = Field(description="Name and version of the codebook.")
    codebook_sha256: str = Field(description="Hash of the codebook's content.")


class Health(About):
    """That a server is well; it has loaded its model before it listens."""

    status: str = "ok"


class Failure(BaseModel):
    """What was wrong with a request."""

    status: int = Field(description="The status of HTTP.")
    error: str = Field(description="One line.")


def response_model(codebook: Codebook) -> type[About]:
    """
    Make the model of an answer, which depends on the frames.

    :param codebook: gives the frames.
    :returns: ``LabelResponse``, its rows with the columns of labels.
    """
    columns: dict[str, Any] = {
        "document_id": (str, ...),
        "sentence_id": (str, ...),
        "start": (int | None, Field(description="First character in the text, in Unicode code points.")),
        "end": (int | None, Field(description="One past the last character.")),
        "page": (int | None, ...),
        "heading": (str, Field(description="The headings above the sentence.")),
        "unit": (Unit, ...),
        "language": (str | None, Field(description="ISO 639-1 code; null where nothing tells it.")),
        "text": (str, ...),
    }
    columns |= {f"prob_{frame}": (float, Field(ge=0, le=1)) for frame in codebook.frames}
    columns |= {frame: (bool, Field(description=codebook[frame].question)) for frame in codebook.frames}
    columns |= {"frames": (list[str], Field(description="Those that are present.")), "model": (str, ...)}
    columns["codebook"] = (str, Field(description="Hash of the codebook's content."))
    row = create_model("LabelRow", __doc__="A row as 'framecls label' writes it.", **columns)
    mended = Field(
        default=None,
        description="The text that offsets count, where it is not the one given (its encoding was mended).",
    )
    return create_model(
        "LabelResponse",
        __base__=About,
        __doc__="The labels of a request's sentences.",
        text=(str | None, mended),
        sentences=(list[row], ...),  # type: ignore[valid-type]
    )
