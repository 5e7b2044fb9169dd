"""The model that comes with the package: whole, and able to hear drums."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe.config import InferenceConfig
from drumscribe.data.audio_processing import read_audio
from drumscribe.data.log_mel import log_mel
from drumscribe.data.midi_processing import notes_to_events, read_midi
from drumscribe.drums import LANES8
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.metrics import onset_counts
from drumscribe.inference.streaming import StreamingTranscriber
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models import bundled
from drumscribe.models.load import load_model
from drumscribe.models.onnx_model import load_onnx
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber(load_model(bundled.bundled_path()), InferenceConfig())


def test_the_default_model_is_whole_and_of_the_eight_lanes(transcriber):
    assert transcriber.kit is LANES8
    assert bundled.bundled_models()[0].path.stat().st_size < 4e6


def test_the_example_is_transcribed(transcriber):
    played = notes_to_events(read_midi(EXAMPLES / "groove-played.mid").notes, LANES8).events
    heard = transcriber.transcribe(EXAMPLES / "groove.ogg").events
    counts = sum(onset_counts(played, heard, LANES8.names, 0.05).values(), Counts())
    assert counts.f_measure > 0.6  # far above what a wrong clock or a wrong kit would give


@pytest.mark.slow
def test_the_example_is_heard_live_and_in_time():
    played = notes_to_events(read_midi(EXAMPLES / "groove-played.mid").notes, LANES8).events
    live = StreamingTranscriber(load_onnx(bundled.bundled_path("drums8-live")), InferenceConfig())
    samples = read_audio(EXAMPLES / "groove.ogg")
    heard = []
    for first in range(0, len(samples), 75):
        block = samples[first : first + 75]
        events = live.push(block)
        heard += events
        for event in events:
            assert (first + len(block)) / SAMPLE_RATE - event.onset_s < 0.06
    counts = sum(onset_counts(played, heard, LANES8.names, 0.05).values(), Counts())
    assert counts.f_measure > 0.5  # far above chance
    assert bundled.bundled_path("drums8-live").stat().st_size < 2e6


@pytest.mark.slow
def test_no_drums_are_heard_in_silence(transcriber):
    samples = np.zeros(60 * SAMPLE_RATE, np.float32)
    frames = log_mel(samples, transcriber.model.header.features)
    assert transcriber.events(transcriber.activations([frames])) == []


def test_the_example_is_small_and_decodes():
    assert (EXAMPLES / "groove.ogg").stat().st_size < 1e6
    assert soundfile.info(EXAMPLES / "groove.ogg").samplerate == SAMPLE_RATE
    assert np.abs(read_audio(EXAMPLES / "groove.ogg")).max() > 0.05


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(DrumscribeError, match=r"no bundled model 'piano'; there is drums8"):
        bundled.bundled_path("piano")


@pytest.mark.parametrize("damage", ["changed", "absent"])
def test_a_damaged_model_is_never_used(tmp_path, monkeypatch, damage):
    entry = {"name": "x", "description": "", "file": "x.onnx", "sha256": "0" * 64}
    (tmp_path / "models.json").write_text(json.dumps([entry]))
    if damage == "changed":
        (tmp_path / "x.onnx").write_bytes(b"other bytes")
    monkeypatch.setattr(bundled, "_FOLDER", tmp_path)
    monkeypatch.setattr(bundled, "_INDEX", tmp_path / "models.json")
    with pytest.raises(DrumscribeError, match=r"x\.onnx: the bundled model is"):
        bundled.bundled_path()
