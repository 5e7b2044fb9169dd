"""``drumscribe evaluate`` and ``tune``: what they write, with the bundled model on a small set."""

import json

import numpy as np
import pytest
import soundfile
import yaml

from drumscribe import cli
from drumscribe.data.egmd_csv import CSV_NAME
from drumscribe.data.synth.dataset import SynthConfig, write_dataset
from drumscribe.drums import LANES8
from drumscribe.models.bundled import bundled_path
from drumscribe.timing import SAMPLE_RATE

HITS_S = np.arange(0.5, 5.5, 0.5)


@pytest.fixture
def mdb(tmp_path, drum_hits):
    """One track in MDB Drums' layout: a hit each half second, labelled as snares."""
    for part in ("drum_only", "annotations/subclass"):
        (tmp_path / "set" / part).mkdir(parents=True)
    samples = drum_hits(HITS_S.tolist(), duration_s=6.0)
    soundfile.write(tmp_path / "set/drum_only/Song.flac", samples, SAMPLE_RATE)
    labels = "".join(f"{time_s:.3f} SD\n" for time_s in HITS_S)
    (tmp_path / "set/annotations/subclass/Song.txt").write_text(labels)
    return tmp_path / "set"


def run(*command):
    assert cli.main([str(word) for word in command]) == 0


@pytest.mark.slow
def test_the_page_the_json_and_the_text_tell_the_same_score(mdb, tmp_path, capsys):
    run("evaluate", "--mdb", mdb, "--json", tmp_path / "s.json", "--report", tmp_path / "out")
    shown = capsys.readouterr().out
    contents = json.loads((tmp_path / "s.json").read_text())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    score = f"{contents['micro']['aligned']['50ms']['f_measure']:.3f}"
    assert score in shown
    assert f"<dt>F at 50 ms</dt><dd>{score}</dd>" in page
    assert "on set (drum_only)</h1>" in page
    assert f"{tmp_path / 'out' / 'report.html'}: written" in shown


def test_a_tuned_model_carries_what_it_was_tuned_with_and_is_used_so(mdb, tmp_path, capsys):
    tuned = tmp_path / "tuned.onnx"
    run("tune", "--mdb", mdb, "-o", tuned, "--set", "inference.min_gap_s=0.2")
    capsys.readouterr()
    run("info", tuned)
    header = yaml.safe_load(capsys.readouterr().out)
    assert header["peak_picking"] == {"peak_window_s": 0.02, "min_gap_s": 0.2}
    assert set(header["calibration"]) == set(LANES8.names)
    assert header["provenance"]["tuning"]["n_recordings"] == 1
    run("transcribe", mdb / "drum_only/Song.flac", "-c", tuned, "--format", "json")
    contents = json.loads((mdb / "drum_only/Song.json").read_text())
    for name in LANES8.names:
        onsets_s = [event["onset_s"] for event in contents["events"] if event["drum"] == name]
        assert all(np.diff(onsets_s) >= 0.2 - 1e-3)
    assert all(0 <= event["confidence"] <= 1 for event in contents["events"])


def test_live_scores_what_a_stream_tells_and_refuses_other_models(mdb, tmp_path, capsys):
    run("evaluate", "--live", "--mdb", mdb, "-c", bundled_path("drums8-live"))
    assert "50 ms" in capsys.readouterr().out
    arguments = ["evaluate", "--live", "--mdb", str(mdb)]
    assert cli.main([*arguments, "-c", str(bundled_path("drums8"))]) == 1
    assert "onnx: this model hears whole recordings" in capsys.readouterr().err
    (tmp_path / "m.ckpt").touch()
    assert cli.main([*arguments, "-c", str(tmp_path / "m.ckpt")]) == 1
    assert "live needs an .onnx model" in capsys.readouterr().err


def test_a_folder_is_scored_on_its_test_split_and_tuned_on_its_validation_split(tmp_path, capsys):
    write_dataset(tmp_path / "set", SynthConfig(n_recordings=3, n_kits=1, duration_s=2.0))
    csv_path = tmp_path / "set" / CSV_NAME
    validation = [line for line in csv_path.read_text().splitlines() if ",test," not in line]
    run("evaluate", "--egmd", tmp_path / "set", "--json", tmp_path / "s.json")
    csv_path.write_text("\n".join(validation) + "\n")
    run("tune", "--egmd", tmp_path / "set", "-o", tmp_path / "tuned.onnx")
    assert cli.main(["evaluate", "--egmd", str(tmp_path / "set")]) == 1
    assert "no usable recordings in the test split" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "evaluate --json folder",
        "evaluate --json file/a.json",
        "evaluate --report file/out",
        "tune -o folder.onnx",
        "tune -o a.onnx --plot file/a.png",
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_the_model_is_loaded(
    mdb, tmp_path, monkeypatch, capsys, words
):
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "folder.onnx"):
        (tmp_path / folder).mkdir()
    for name in ("file", "damaged.onnx"):
        (tmp_path / name).touch()
    assert cli.main([*words.split(), "--mdb", str(mdb), "-c", "damaged.onnx"]) == 1
    target = words.split()[-1]
    assert capsys.readouterr().err.startswith(f"drumscribe: {target}")


def test_a_mix_of_no_mdb_is_refused(mdb, capsys):
    assert cli.main(["evaluate", "--egmd", str(mdb), "--mix", "full_mix"]) == 1
    assert "--mix: is of no use here, as it is of --mdb" in capsys.readouterr().err
