"""Recorded voices in the accompaniment."""

import numpy as np
import pytest
import soundfile

from drumscribe.data.render.recorded_voices import RecordedVoices
from drumscribe.tempo import TempoMap
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError

N_SAMPLES = 20 * SAMPLE_RATE


@pytest.fixture
def voices(tmp_path):
    """Two half-second voices of one pitch each."""
    seconds = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    for hz in (200, 300):
        soundfile.write(tmp_path / f"{hz}.wav", 0.1 * np.sin(2 * np.pi * hz * seconds), SAMPLE_RATE)
    return RecordedVoices(tmp_path)


def test_phrases_begin_on_counts_and_rest_between(voices):
    tempo = TempoMap.steady(120.0, until_s=20.0)
    sound = voices.sing(tempo, N_SAMPLES, np.random.default_rng(3))
    assert sound.shape == (N_SAMPLES,)
    is_heard = np.convolve(np.abs(sound) > 1e-4, np.ones(500), "same") > 0
    starts_s = np.flatnonzero(np.diff(is_heard.astype(int)) == 1) / SAMPLE_RATE
    assert len(starts_s) > 3
    to_count_s = np.abs(starts_s[:, None] - np.array(tempo.beats_s)[None]).min(axis=1)
    assert to_count_s.max() < 0.03
    assert not is_heard.all()


def test_the_same_seed_sings_the_same(voices):
    tempo = TempoMap.steady(90.0, until_s=20.0)
    first, again = (voices.sing(tempo, N_SAMPLES, np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("folder", ["absent", "empty"])
def test_a_folder_without_voices_is_refused(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DrumscribeError, match=folder):
        RecordedVoices(tmp_path / folder)
