"""What docs/scale.md promises: its arithmetic, and the function for Spark."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from framecls.documents import LocatedSentence, Sentence
from framecls.labelling import Labeller
from framecls.model import FrameClassifier

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"

pytestmark = pytest.mark.checkout


def test_hours_follow_from_the_rates() -> None:
    rows = re.findall(r"^\| .+ \| ([\d,]+) \| (.+) h \| (.+) h \| (.+) h \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(rows) >= 4
    for rate, *hours in rows:
        for sentences, stated in zip((1e6, 1e8, 1e10), hours, strict=True):
            assert float(stated.replace(",", "")) == pytest.approx(
                sentences / (3600 * float(rate.replace(",", ""))), rel=5e-3
            )


def test_function_for_spark(model_path: Path) -> None:
    pd: Any = pytest.importorskip("pandas")
    code = next(
        block for block in re.findall(r"```python\n(.+?)```", PAGE.read_text(), re.S) if "label_batches" in block
    )
    names: dict[str, Any] = {}
    exec(code, names)
    names["MODEL"] = str(model_path)
    texts = ["A toll is asked of every ship.", "The quay is long.", "A pilot is sent to every ship."]
    batches = [
        pd.DataFrame({"document_id": "d", "sentence_id": [f"d#{n}"], "text": [text]}) for n, text in enumerate(texts)
    ]
    labeller = Labeller(FrameClassifier.load(model_path))
    # Spark turns what the function gives into the schema that was announced.
    labels = [pa.Table.from_pandas(batch, schema=labeller.schema) for batch in names["label_batches"](iter(batches))]
    expected = [labeller([LocatedSentence("d", f"d#{n}", Sentence(None, None, text))]) for n, text in enumerate(texts)]
    assert [table.to_pylist() for table in labels] == [table.to_pylist() for table in expected]
