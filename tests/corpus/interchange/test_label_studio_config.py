"""The labelling configuration: what is made is understood again, and the command prints it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from framecls.cli import app
from framecls.codebook import Codebook
from framecls.corpus.interchange.label_studio_config import LabelStudioConfig, LabelStudioTask, labelling_config
from framecls.corpus.interchange.project import Code, codes_of


@pytest.mark.parametrize("tasks", ["documents", "sentences"])
def test_what_is_made_is_understood(tasks: LabelStudioTask, codebook: Codebook) -> None:
    xml = labelling_config(codes_of(codebook), tasks=tasks)
    labels = {frame: frame for frame in codebook.frames}
    assert LabelStudioConfig.read(xml, codebook) == LabelStudioConfig(tasks, "frames", "text", "text", labels)
    assert 'hint="Does the sentence ask for a toll?"' in xml
    assert ('background="#aa3311"' in xml) == (tasks == "documents")


def test_codes_below_a_frame_are_no_frames(codebook: Codebook) -> None:
    codes = (*codes_of(codebook), Code("toll/pilot", "pilot", parent="toll"))
    xml = labelling_config(codes)
    assert 'value="toll/pilot"' in xml
    assert LabelStudioConfig.read(xml, codebook).labels == {"toll": "toll", "pilot": "pilot"}


def test_the_command_prints_it(codebook_path: Path, codebook: Codebook) -> None:
    done = CliRunner().invoke(app, ["corpus", "label-studio-config", "--codebook", str(codebook_path)])
    assert (done.exit_code, done.stdout) == (0, labelling_config(codes_of(codebook)))
