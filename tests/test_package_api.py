"""What programs that import drumscribe rely on."""

import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

import drumscribe
from drumscribe import api
from drumscribe.drums import LANES8
from drumscribe.timing import SAMPLE_RATE

GROOVE = Path(__file__).parents[1] / "examples" / "groove.ogg"
NOTHING = drumscribe.Transcription([], LANES8, 1.0, drumscribe.TempoMap.steady(120))


def test_the_package_offers_the_api_and_nothing_else():
    assert set(dir(drumscribe)) == {"__version__", *api.__all__}
    for name in api.__all__:
        assert getattr(drumscribe, name) is getattr(api, name)
    with pytest.raises(AttributeError, match="Banjo"):
        _ = drumscribe.Banjo


def test_type_checkers_are_told_the_same_names():
    stub = Path(drumscribe.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    told = {line.split(" as ")[1] for line in stub.splitlines() if " as " in line}
    assert told == set(api.__all__)


def test_importing_the_package_costs_nothing():
    code = "import sys, drumscribe; print(*sys.modules)"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert not {"numpy", "onnxruntime", "scipy"} & set(listed.split())


def test_a_recording_to_midi_in_two_lines(tmp_path):
    heard = drumscribe.transcribe(GROOVE)
    drumscribe.save(heard, tmp_path / "groove.mid")
    assert {hit.drum for hit in heard.events} >= {"kick", "snare", "hihat"}
    notes = [
        message
        for message in mido.MidiFile(tmp_path / "groove.mid")
        if message.type == "note_on" and message.velocity
    ]
    assert len(notes) == len(heard.events)


def test_one_transcriber_for_many_recordings():
    transcriber = drumscribe.load(thresholds={"kick": 1.0})
    assert not [hit for hit in transcriber.transcribe(GROOVE).events if hit.drum == "kick"]


def test_samples_are_heard_alike_in_every_width_that_soundfile_reads():
    transcriber = drumscribe.load()
    narrow, _ = soundfile.read(GROOVE, frames=5 * SAMPLE_RATE, dtype="float32")
    wide, _ = soundfile.read(GROOVE, frames=5 * SAMPLE_RATE)
    assert wide.dtype == np.float64
    assert transcriber.hear([wide]).events == transcriber.hear([narrow]).events != []
    for refused in ([(narrow * 32767).astype(np.int16)], narrow):
        with pytest.raises(drumscribe.DrumscribeError, match="must be floats"):
            transcriber.hear(refused)


def test_a_loaded_transcriber_takes_names_as_the_package_does(tmp_path):
    transcriber = drumscribe.load()
    assert transcriber.transcribe(str(GROOVE)) == transcriber.transcribe(GROOVE)
    with pytest.raises(drumscribe.DrumscribeError, match=r"absent\.ogg: no such audio file"):
        transcriber.transcribe(str(tmp_path / "absent.ogg"))


@pytest.mark.parametrize("name", ["groove", "groove.wav", "groove.lanes"])
def test_a_name_that_says_no_format_is_refused(tmp_path, name):
    with pytest.raises(drumscribe.DrumscribeError, match=r"\.lanes\.json"):
        drumscribe.save(NOTHING, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_longest_suffix_decides(tmp_path):
    drumscribe.save(NOTHING, tmp_path / "a.json")
    drumscribe.save(NOTHING, tmp_path / "a.lanes.json")
    assert (tmp_path / "a.json").read_text() != (tmp_path / "a.lanes.json").read_text()
