"""How what the user typed becomes a checkpoint, thresholds and threads."""

import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from drumscribe import cli
from drumscribe.commands import model_choice
from drumscribe.commands.model_choice import (
    find_model,
    limit_threads,
    load_live_model,
    make_transcriber,
    thresholds_by_drum,
)
from drumscribe.config import Config, DataConfig, FeatureConfig, ModelConfig
from drumscribe.drums import LANES8
from drumscribe.models.bundled import bundled_path
from drumscribe.models.header import ModelHeader
from drumscribe.models.load import load_model
from drumscribe.models.rewrite_header import write_with_header
from drumscribe.parsers.common import model_path
from drumscribe.utils.errors import DrumscribeError


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def config(tmp_path):
    return Config(data=DataConfig(root=str(tmp_path / "data")))


def make_run(config, name, *files, written_at_s):
    """A run's folder whose files were written at a time."""
    folder = config.data.checkpoints_path / name
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).touch()
        os.utime(folder / file, (written_at_s, written_at_s))
    return folder


def test_a_checkpoint_that_exists_is_taken(here, config):
    make_run(config, "run", "best_model.ckpt", written_at_s=2000)
    (here / "best_model.ckpt").touch()
    os.utime(here / "best_model.ckpt", (1000, 1000))
    assert find_model(Path("best_model.ckpt"), config) == Path("best_model.ckpt")


def test_a_name_with_a_dot_and_a_slash_is_a_file_here(here, config):
    make_run(config, "run", "best_model.ckpt", written_at_s=2000)
    with pytest.raises(DrumscribeError, match="no such checkpoint"):
        find_model(model_path("./best_model.ckpt"), config)
    (here / "best_model.ckpt").touch()
    assert find_model(model_path("./best_model.ckpt"), config).samefile("best_model.ckpt")


@pytest.mark.parametrize(
    "command",
    [
        "transcribe a.wav -c",
        "chart a.wav -c",
        "live --file a.wav -c",
        "evaluate --mdb . -c",
        "evaluate --live --mdb . -c",
        "tune --mdb . -o tuned.onnx -c",
        "studio --no-browser -c",
        "info",
    ],
)
def test_every_command_takes_that_for_a_file_here(here, config, monkeypatch, capsys, command):
    monkeypatch.setenv("DRUMSCRIBE_DATA", config.data.root)
    make_run(config, "run", "mine.onnx", written_at_s=2000)
    (here / "a.wav").touch()
    assert cli.main([*command.split(), "./mine.onnx"]) == 1
    assert f"{here / 'mine.onnx'}: no such checkpoint" in capsys.readouterr().err


def test_a_bare_name_is_looked_for_in_the_newest_run_that_has_it(here, config):
    make_run(config, "z-old", "best_model.ckpt", "last.ckpt", written_at_s=1000)
    newer = make_run(config, "b-newer", "best_model.ckpt", written_at_s=3000)
    make_run(config, "a-middle", "best_model.ckpt", written_at_s=2000)
    newest = make_run(config, "c-newest", "last.ckpt", written_at_s=4000)
    assert find_model(Path("best_model.ckpt"), config) == newer / "best_model.ckpt"
    assert find_model(Path("last.ckpt"), config) == newest / "last.ckpt"


def test_a_bare_name_is_first_looked_for_in_the_run_of_the_configuration(here, config):
    mine = make_run(config, config.training.run_name, "best_model.ckpt", written_at_s=1000)
    make_run(config, "newer", "best_model.ckpt", written_at_s=2000)
    assert find_model(Path("best_model.ckpt"), config) == mine / "best_model.ckpt"


def test_a_bundled_model_goes_by_its_name(here, config):
    assert find_model(Path("drums8-live"), config) == bundled_path("drums8-live")
    assert find_model(None, config, default="drums8-live") == bundled_path("drums8-live")
    Path("drums8-live").write_bytes(b"a file of that name")
    assert find_model(Path("drums8-live"), config) == Path("drums8-live")


def test_a_bare_name_that_is_nowhere_is_named_with_where_it_was_looked_for(here, config):
    make_run(config, "run", "last.ckpt", written_at_s=1000)
    with pytest.raises(DrumscribeError, match=r"^best_model\.ckpt: no such checkpoint") as caught:
        find_model(Path("best_model.ckpt"), config)
    assert str(config.data.checkpoints_path) in str(caught.value)
    assert "drumscribe train" in str(caught.value)
    assert "drums8, drums8-live" in str(caught.value)


def test_a_path_with_a_folder_is_not_looked_for_elsewhere(here, config):
    make_run(config, "run", "best_model.ckpt", written_at_s=1000)
    with pytest.raises(DrumscribeError, match="no such checkpoint"):
        find_model(Path("models") / "best_model.ckpt", config)


def test_a_folder_is_no_checkpoint(here, config):
    (here / "run").mkdir()
    with pytest.raises(DrumscribeError, match="run: is a folder, not a checkpoint"):
        find_model(Path("run"), config)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {}),
        (["0.4"], {"": 0.4}),
        (["kick=0.3", "ride=1"], {"kick": 0.3, "ride": 1.0}),
        (["kick=0.3", "kick=0.2"], {"kick": 0.2}),
        (["0", "kick=0.3"], {"": 0.0, "kick": 0.3}),
    ],
)
def test_thresholds_are_read_by_drum(options, expected):
    assert thresholds_by_drum(options) == expected


@pytest.mark.parametrize(
    "option", ["", "x", "kick=", "kick", "kick=x", "1.1", "-0.1", "nan", "inf"]
)
def test_a_threshold_that_is_no_number_from_0_to_1_is_refused_as_typed(option):
    with pytest.raises(DrumscribeError, match=f"^--threshold {option}: must be a number 0..1"):
        thresholds_by_drum([option])


@pytest.fixture
def stub_model(here, monkeypatch):
    """``best_model.ckpt`` here, which loads as a model without weights, and without torch."""
    (here / "best_model.ckpt").touch()
    header = ModelHeader(
        LANES8, FeatureConfig(), ModelConfig(), dict.fromkeys(LANES8.names, 0.5) | {"ride": 0.7}
    )
    module = SimpleNamespace(load_model=lambda path: SimpleNamespace(header=header))
    monkeypatch.setitem(sys.modules, "drumscribe.models.load", module)


def thresholds_with(*options):
    return make_transcriber(
        Path("best_model.ckpt"), Config(), thresholds_by_drum(options)
    ).settings.thresholds


def test_without_options_the_models_own_thresholds_are_used(stub_model):
    assert thresholds_with() == dict.fromkeys(LANES8.names, 0.5) | {"ride": 0.7}


@pytest.mark.parametrize("options", [("0.4", "kick=0.3"), ("kick=0.3", "0.4")])
def test_one_value_is_for_every_drum_except_those_named(stub_model, options):
    assert thresholds_with(*options) == dict.fromkeys(LANES8.names, 0.4) | {"kick": 0.3}


def test_a_drum_of_no_kit_is_refused_with_the_models_drums(stub_model):
    with pytest.raises(DrumscribeError, match="unknown drum 'cowbell'; the model has kick, snare"):
        thresholds_with("cowbell=0.3")


@pytest.mark.parametrize(("n_cores", "n_busy", "expected"), [(8, 2, "6"), (2, 2, "1"), (2, 9, "1")])
def test_a_core_is_left_to_each_busy_process(monkeypatch, n_cores, n_busy, expected):
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(model_choice, "n_usable_cores", lambda: n_cores)
    limit_threads(n_busy)
    assert os.environ == {"OMP_NUM_THREADS": expected}


def test_a_number_of_threads_that_the_user_has_set_stays(monkeypatch):
    monkeypatch.setattr(os, "environ", {"OMP_NUM_THREADS": "3"})
    limit_threads(1)
    assert os.environ == {"OMP_NUM_THREADS": "3"}


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("transcribe a.wav", "give --threshold"),
        ("chart a.wav", "give --threshold"),
        ("live --file a.wav", "give --threshold"),
        ("evaluate --mdb .", "'drumscribe tune' fits them"),
        ("studio --no-browser", "'drumscribe tune' fits them"),
    ],
)
def test_a_threshold_that_no_model_would_heed_is_refused(here, capsys, command, hint):
    (here / "a.wav").touch()
    options = ["--set", "inference.min_gap_s=0.05", "--set", "inference.threshold=0.9"]
    assert cli.main([*command.split(), *options]) == 1
    told = capsys.readouterr().err
    assert told.startswith("drumscribe: --set inference.threshold=0.9: is of no use here, as ")
    assert told.endswith(f"; {hint}\n")


@pytest.mark.parametrize(
    "command",
    [
        "transcribe absent.wav",
        "chart absent.wav",
        "live --file absent.wav",
        "evaluate --mdb absent",
        "tune --mdb absent -o m.onnx",
        "export absent.ckpt m.onnx",
    ],
)
def test_a_command_that_hears_sets_its_threads_before_it_looks_at_anything(
    here, monkeypatch, command
):
    """So torch, which reads the number once, is never imported before."""
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(model_choice, "n_usable_cores", lambda: 7)
    assert cli.main(command.split()) == 1
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_an_onnx_file_is_one_in_capitals_too(here, capsys):
    shutil.copy(bundled_path("drums8-live"), here / "BM.ONNX")
    assert cli.main(["info", "BM.ONNX"]) == 0
    assert "file: BM.ONNX" in capsys.readouterr().out
    assert load_live_model(Path("BM.ONNX")).header.kit is LANES8
    assert cli.main(["export", "BM.ONNX", "other.ONNX"]) == 1
    assert "is an .onnx model already" in capsys.readouterr().err
    write_with_header(Path("BM.ONNX"), Path("again.Onnx"), load_model(Path("BM.ONNX")).header)
    assert load_model(Path("again.Onnx")).header.kit is LANES8
