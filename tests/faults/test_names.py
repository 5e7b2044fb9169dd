"""Names that file systems refuse, and names in every script."""

import logging
import os
from pathlib import Path

import pytest
import soundfile
from writers import SHORT_CHUNKS

from drumscribe.timing import SAMPLE_RATE

LONG = 300 * "x"
DEEP = "/".join(40 * ["x" * 120])
NAMES = (
    "Schlagzeug Übung №1.wav",
    "ドラム.wav",
    "طبول.wav",
    "🥁.wav",
    "a\nb.wav",
    " .wav",
    "-a.wav",
)

COMMANDS = (
    "transcribe NAME",
    "transcribe a.wav -c NAME",
    "transcribe a.wav --config NAME",
    "transcribe a.wav -o NAME",
    "transcribe a.wav -o NAME.mid",
    "transcribe a.wav --midi-notes NAME.yaml",
    "chart NAME",
    "chart a.wav -o NAME",
    "chart a.wav --midi NAME",
    "live --file NAME",
    "live --file a.wav -c NAME",
    "live --file a.wav --midi-notes NAME.yaml",
    "preprocess --set data.dataset_dir=NAME",
    "preprocess --config NAME",
    "train --set data.processed_dir=NAME",
    "train --config NAME",
    "evaluate --egmd NAME",
    "evaluate --mdb NAME",
    "evaluate -c NAME",
    "evaluate --live --egmd . -c NAME",
    "evaluate --egmd . --report NAME",
    "tune --egmd . -o a.onnx --plot NAME.png",
    "tune --egmd NAME -o a.onnx",
    "tune --mdb . -o a.onnx -c NAME",
    "export NAME a.onnx",
    "info NAME",
    "synth NAME --recordings 3 --kits 1 --seconds 1",
    "synth out --recordings 3 --kits 1 --midi NAME",
    "render --midi NAME --kits .",
    "render --midi . --kits NAME",
    "render --midi . --kits . --soundfont NAME",
    "render --midi . --kits . --voices NAME",
    "render --midi . --kits . --layout NAME",
    "doctor --config NAME",
    "egmd verify --set data.dataset_dir=NAME",
    "studio --no-browser --port 0 --data NAME",
    "studio --no-browser --port 0 --data x -c NAME",
)


@pytest.fixture
def audio(here: Path) -> Path:
    soundfile.write("a.wav", [0.0] * SAMPLE_RATE, SAMPLE_RATE)
    return here / "a.wav"


def test_a_line_break_in_a_name_breaks_no_line(refuses, here):
    refuses("transcribe", "a\nb.wav", told=r"a\nb.wav: no such audio file")


@pytest.mark.parametrize("name", [LONG, DEEP], ids=["long", "deep"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_is_too_long_is_one_line(refuses, audio, command, name):
    refuses(*command.replace("NAME", name).split(), told="")


@pytest.mark.parametrize("game", ["clonehero", "dtxmania"])
def test_a_name_that_is_not_utf8_is_heard_charted_and_told(run, audio, game, caplog):
    caplog.set_level(logging.CRITICAL)  # parallel workers of pytest cannot send such a name
    name = os.fsdecode(b"caf\xe9.wav")
    audio.rename(name)
    formats = "mid,csv,json,jams,lanes,musicxml,tab"
    assert run("transcribe", name, "--format", formats, *SHORT_CHUNKS.split()).status == 0
    assert run("chart", name, "--game", game, *SHORT_CHUNKS.split()).status == 0
    assert run("transcribe", name + "x").status == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_may_be_called_anything(run, audio, name):
    audio.rename(name)
    finished = run("transcribe", "--audio=" + name, "--format", "mid,csv,json")
    assert finished.status == 0
    stem = Path(name).stem
    assert finished.touched == sorted(f"{stem}.{suffix}" for suffix in ("mid", "csv", "json"))
    finished = run("chart", "-o", "song", "--", name)
    assert finished.status == 0, finished
    assert "song/notes.mid" in finished.touched
