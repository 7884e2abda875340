"""Run configs: flags over file over defaults, paths that keep their place, and what is refused."""

import ntpath
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from framecls.config import PACKAGED_BASE, TrainConfig
from framecls.errors import ConfigError

PATHS = {"codebook": "../data/codebook.toml", "corpus": "../data/corpus", "output": "../models/small"}


def write(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def test_defaults_are_taken_where_the_file_is_silent(tmp_path: Path) -> None:
    config = TrainConfig.read(write(tmp_path / "configs" / "small.toml", PATHS))
    assert config == TrainConfig(
        codebook=tmp_path / "data" / "codebook.toml",
        corpus=tmp_path / "data" / "corpus",
        output=tmp_path / "models" / "small",
    )
    assert config.base == PACKAGED_BASE


def test_flags_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    path = write(tmp_path / "small.toml", {**PATHS, "epochs": 3, "seed": 5})
    default = TrainConfig.model_fields["batch_size"].default
    config = TrainConfig.read(path, {"seed": 7, "epochs": None})
    assert (config.epochs, config.seed, config.batch_size) == (3, 7, default)


def test_a_flag_of_zero_is_not_a_missing_flag(tmp_path: Path) -> None:
    path = write(tmp_path / "small.toml", {**PATHS, "test_share": 0.2})
    assert TrainConfig.read(path, {"seed": 0, "test_share": 0.0}).test_share == 0


def test_paths_of_a_file_are_its_own_and_paths_of_flags_the_working_directorys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "configs" / "small.toml", PATHS)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = TrainConfig.read(Path("../configs/small.toml"), {"corpus": "mine.csv", "output": Path("out")})
    monkeypatch.chdir(tmp_path)
    assert config.codebook == tmp_path / "data" / "codebook.toml"
    assert config.corpus == elsewhere / "mine.csv"
    assert config.output == elsewhere / "out"


def test_a_relative_base_keeps_its_place_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "configs" / "small.toml", {**PATHS, "base": "../models/first"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = TrainConfig.read(Path("../configs/small.toml"))
    assert config.base == str(tmp_path / "models" / "first")
    flagged = TrainConfig.read(Path("../configs/small.toml"), {"base": "./second"})
    assert flagged.base == str(elsewhere / "second")
    for written in (config, flagged):
        written.write(tmp_path / "train.toml")
        assert TrainConfig.read(tmp_path / "train.toml") == written
        assert str(tmp_path) not in (tmp_path / "train.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("base", [PACKAGED_BASE, "somebody/some-model", "/models/first"])
def test_a_base_that_is_no_relative_path_is_left_as_it_is(tmp_path: Path, base: str) -> None:
    assert TrainConfig.read(write(tmp_path / "small.toml", {**PATHS, "base": base})).base == base


def test_what_is_written_is_read_back_equal_and_moves_with_its_folder(tmp_path: Path) -> None:
    content = {**PATHS, "context": "heading+before", "precision": "bf16", "learning_rate": 3e-5, "epochs": 2.5}
    config = TrainConfig.read(write(tmp_path / "configs" / "small.toml", content))
    config.output.mkdir(parents=True)
    config.write(config.output / "train.toml")
    assert TrainConfig.read(config.output / "train.toml") == config
    assert str(tmp_path) not in (config.output / "train.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epohcs": 3}, "epohcs: unknown key; remove it or correct its name$"),
        ({"codebook": 3}, r"codebook: .*path.* \(found 3\)$"),
        ({"context": "after"}, r"context: Input should be 'none', 'before', 'heading' .*\(found 'after'\)$"),
        ({"precision": "fp16"}, r"precision: Input should be 'auto', 'fp32' or 'bf16' \(found 'fp16'\)$"),
        ({"max_length": 7}, r"max_length: Input should be greater than or equal to 8 \(found 7\)$"),
        ({"max_length": 8193}, r"max_length: Input should be less than or equal to 8192 \(found 8193\)$"),
        ({"epochs": 0}, r"epochs: Input should be greater than 0 \(found 0\)$"),
        ({"batch_size": 0}, r"batch_size: Input should be greater than or equal to 1 \(found 0\)$"),
        ({"learning_rate": 1.0}, r"learning_rate: Input should be less than 1 \(found 1\.0\)$"),
        ({"head_learning_rate": 0.0}, r"head_learning_rate: Input should be greater than 0 \(found 0\.0\)$"),
        ({"warmup": 1.0}, r"warmup: Input should be less than 1 \(found 1\.0\)$"),
        ({"weight_decay": -0.1}, r"weight_decay: Input should be greater than or equal to 0 \(found -0\.1\)$"),
        ({"patience": 0}, r"patience: Input should be greater than or equal to 1 \(found 0\)$"),
        ({"seed": -1}, r"seed: Input should be greater than or equal to 0 \(found -1\)$"),
        ({"seed": "x"}, r"seed: Input should be a valid integer.*\(found 'x'\)$"),
        ({"validation_share": 0.0}, r"validation_share: Input should be greater than 0 \(found 0\.0\)$"),
        ({"test_share": 0.5}, r"test_share: Input should be less than 0\.5 \(found 0\.5\)$"),
        ({"seed": -1, "epochs": 0, "warmup": 2}, r"epochs: .* \(and 2 more problems\)$"),
    ],
)
def test_a_wrong_value_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = write(tmp_path / "small.toml", {**PATHS, **changes})
    with pytest.raises(ConfigError, match=message) as caught:
        TrainConfig.read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_wrong_flag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="epochs: Input should be greater than 0"):
        TrainConfig.read(write(tmp_path / "small.toml", PATHS), {"epochs": -1})


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"small\.toml: corpus: Field required \(and 1 more problem\)$"):
        TrainConfig.read(write(tmp_path / "small.toml", {"codebook": "codebook.toml"}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot read the config: No such file or directory$"):
        TrainConfig.read(tmp_path / "absent.toml")


@pytest.mark.parametrize("content", [b"epochs = ", "base = 'déjà'".encode("latin-1")])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "small.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"small\.toml: the config is not valid TOML: "):
        TrainConfig.read(path)


@pytest.mark.checkout
def test_the_configs_of_the_repository_are_read_and_written_back_equal(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    paths = sorted((root / "configs").glob("*.toml"))
    assert paths
    for path in paths:
        config = TrainConfig.read(path)
        config.write(tmp_path / path.name)
        assert TrainConfig.read(tmp_path / path.name) == config
        assert config.codebook == root / "data" / "codebook.toml"
        # What teachers labelled has the authored corpus in it.
        authored = "taught" if config.soft else "corpus"
        assert root / "data" / authored in (config.corpus, *config.train_also)


def test_a_target_that_means_nothing_is_refused_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text('codebook = "c"\ncorpus = "d"\noutput = "o"\ntarget = "precise"\n')
    with pytest.raises(ConfigError, match=r"small\.toml: .*target 'precise': give 'f1', or 'precision='"):
        TrainConfig.read(path)


def test_joining_corpora_are_places_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "configs" / "small.toml"
    path.parent.mkdir()
    path.write_text('codebook = "c"\ncorpus = "d"\noutput = "o"\ntrain_also = ["../e", "../f"]\n')
    assert TrainConfig.read(path).train_also == (tmp_path / "e", tmp_path / "f")
    assert TrainConfig.read(path, {"train_also": (tmp_path / "g",)}).train_also == (tmp_path / "g",)


def test_languages_are_english_unless_said(tmp_path: Path) -> None:
    assert TrainConfig.read(write(tmp_path / "a.toml", PATHS)).languages == ("en",)
    assert TrainConfig.read(write(tmp_path / "b.toml", {**PATHS, "languages": ["en", "fr"]})).languages == ("en", "fr")


@pytest.mark.parametrize("languages", [[], ["English"], ["EN"], "en"])
def test_what_is_no_language_is_refused(tmp_path: Path, languages: object) -> None:
    with pytest.raises(ConfigError, match=r"small\.toml: languages"):
        TrainConfig.read(write(tmp_path / "small.toml", {**PATHS, "languages": languages}))


def test_a_path_on_another_drive_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {**PATHS, "train_also": ["../data/more"], "base": "../models/first"}
    (tmp_path / "models" / "first").mkdir(parents=True)
    config = TrainConfig.read(write(tmp_path / "configs" / "small.toml", content))
    monkeypatch.setattr("os.path.relpath", lambda path, start: ntpath.relpath(f"C:{path}", f"D:{start}"))
    config.write(tmp_path / "train.toml")
    monkeypatch.undo()
    assert TrainConfig.read(tmp_path / "train.toml") == config
