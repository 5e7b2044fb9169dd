"""What the runner writes down of a job that could not be heard."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from drumscribe.web.runner import JobRunner
from drumscribe.web.settings import StudioSettings
from drumscribe.web.worker_process import Outcome


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        ("best_model.ckpt", "larger --worker-mb, or with the model that 'drumscribe export' makes"),
        ("best_model.onnx", "convert it to wav"),
    ],
)
def test_a_process_that_died_is_told_with_what_helps_its_model(tmp_path, model, remedy):
    told = {}
    store = SimpleNamespace(end=lambda job_id, status, error: told.update({status: error}))
    runner = JobRunner(store, StudioSettings(data_dir=tmp_path, model=Path(model)))
    job = SimpleNamespace(id="job", name="song.wav", attempts=9)
    runner._settle(job, Outcome("died"), is_cancelled=False)
    assert told["failed"].startswith("song.wav: ended the transcription process each time")
    assert remedy in told["failed"]
