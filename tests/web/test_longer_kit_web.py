"""The studio shows, edits and exports the lanes of the model that heard a job."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig
from drumscribe.drums import KITS, LANES8, DrumClass, Kit
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import ModelHeader
from drumscribe.timing import SAMPLE_RATE
from drumscribe.web.hearing import hear_recording
from drumscribe.web.results import edits_to_keep, result_of, statistics_of, transcription_of
from drumscribe.web.schemas import Edits

COWBELL = DrumClass("cowbell", "Cowbell", "cowbell", (56,), 56, stand_in="ride")
NINE = Kit("nine_lanes", (*LANES8.classes, COWBELL))
EDIT = {"onset_s": 0.5, "lane": "cowbell", "velocity": 90}
JOB = SimpleNamespace(id="job", name="a.wav", revision=0)


class CowbellModel:
    """Hears the cowbell at every frame and nothing else."""

    header = ModelHeader(NINE, FeatureConfig(), ModelConfig(), dict.fromkeys(NINE.names, 0.3))
    n_at_once = 1

    def __call__(self, log_mel):
        onset = np.zeros((*log_mel.shape[:2], len(NINE)), np.float32)
        onset[:, :, NINE.index_by_name["cowbell"]] = 0.8
        return Activations(onset, None, None)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A job that a model of nine lanes has heard."""
    monkeypatch.setitem(KITS, NINE.name, NINE)
    recording = tmp_path / "recording.wav"
    soundfile.write(recording, np.zeros(SAMPLE_RATE, np.float32), SAMPLE_RATE)
    transcriber = Transcriber(CowbellModel(), InferenceConfig())
    options = {"model_sha256": "", "bpm": None, "max_duration_s": 60.0}
    hear_recording(recording, transcriber, on_progress=lambda *step: None, **options)
    return tmp_path


def store_of(folder):
    return SimpleNamespace(job_dir=lambda job_id: folder, edits=lambda job_id: None)


def test_a_job_has_the_lanes_that_were_heard(folder):
    levels = np.fromfile(folder / "activations.u8", np.uint8).reshape(-1, 9)
    assert (levels[:, 8] == round(0.8 * 255)).all() and not levels[:, :8].any()
    result = result_of(store_of(folder), JOB)
    assert result.kit == NINE.name
    assert [lane.name for lane in result.lanes] == list(NINE.names)
    assert [lane.stand_in for lane in result.lanes] == [*LANES8.names, "ride"]
    assert set(result.thresholds) == set(NINE.names)
    assert transcription_of(store_of(folder), JOB).kit is NINE
    assert set(statistics_of(store_of(folder), JOB).n_events_by_lane) == set(NINE.names)


def test_a_job_that_names_no_kit_has_the_eight(folder):
    path = folder / "result.json"
    found = json.loads(path.read_text())
    assert found.pop("kit") == NINE.name
    path.write_text(json.dumps(found | {"events": []}))
    result = result_of(store_of(folder), JOB)
    assert [lane.name for lane in result.lanes] == list(LANES8.names)


def test_an_edit_is_of_the_lanes_of_its_job():
    edits = Edits(revision=0, events=[EDIT], thresholds={"cowbell": 0.5})
    assert edits_to_keep(edits, NINE, 1.0)["events"][0]["lane"] == "cowbell"
    with pytest.raises(ValueError, match=r"^thresholds\.cowbell: must be one of kick, snare"):
        edits_to_keep(edits, LANES8, 1.0)
    with pytest.raises(ValueError, match=r"^events\.0\.lane: must be one of kick, snare"):
        edits_to_keep(Edits(revision=0, events=[EDIT]), LANES8, 1.0)
