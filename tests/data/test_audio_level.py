"""Recordings at full scale, whatever level their files have."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.data.audio_level import full_scale_gain, levelled, levelled_blocks
from drumscribe.data.audio_processing import read_audio
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError


def heard(path: Path, **options: float) -> np.ndarray:
    return np.concatenate(list(levelled_blocks(path, **options)))


def beeps(gain: float, *, duration_s: float = 3.0, rate: int = SAMPLE_RATE) -> np.ndarray:
    times_s = np.arange(round(duration_s * rate)) / rate
    return (gain * np.sin(2 * np.pi * 440 * times_s) * (times_s % 1 < 0.2)).astype(np.float32)


@pytest.mark.parametrize("level_db", [-36, -12, 0, 9])
@pytest.mark.parametrize("rate", [SAMPLE_RATE, 48_000])
def test_every_level_is_heard_as_full_scale(tmp_path: Path, level_db: float, rate: int):
    quiet = beeps(10 ** (level_db / 20), rate=rate)
    soundfile.write(tmp_path / "a.wav", quiet, rate, subtype="FLOAT")
    np.testing.assert_allclose(heard(tmp_path / "a.wav"), beeps(1), atol=0.03)


def test_the_loudest_sample_may_be_the_last(tmp_path: Path):
    samples = np.append(beeps(0.01, duration_s=25), np.float32(0.5))
    soundfile.write(tmp_path / "a.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    assert np.abs(heard(tmp_path / "a.wav")).max() == pytest.approx(1)
    # Nobody looks further than he was told to.
    assert np.abs(heard(tmp_path / "a.wav", longest_s=5)).max() == pytest.approx(50, rel=0.01)


def test_how_far_the_look_is_is_told_before_the_first_block(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", beeps(0.5, duration_s=25, rate=44_100), 44_100)
    looks: list[float] = []
    blocks = levelled_blocks(tmp_path / "a.wav", on_look=looks.append)
    assert len(looks) > 1 and sum(looks) == pytest.approx(25)
    assert sum(map(len, blocks)) == 25 * SAMPLE_RATE


def test_channels_that_cancel_do_not_count(tmp_path: Path):
    both = np.stack([beeps(0.25), beeps(0.25)], axis=1)
    opposite = np.zeros((SAMPLE_RATE, 2), np.float32)
    opposite[:] = 0.9, -0.9
    soundfile.write(tmp_path / "a.wav", np.concatenate([both, opposite]), SAMPLE_RATE)
    assert np.abs(heard(tmp_path / "a.wav")).max() == pytest.approx(1, abs=0.001)


def test_silence_stays_silent_and_noise_floors_stay_soft(tmp_path: Path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(1000), SAMPLE_RATE)
    assert not heard(tmp_path / "silence.wav").any()
    dither = np.where(np.arange(1000) % 2, 1, -1) * 2**-15
    soundfile.write(tmp_path / "dither.wav", dither, SAMPLE_RATE)
    assert np.abs(heard(tmp_path / "dither.wav")).max() == pytest.approx(100 * 2**-15)


@given(st.floats(0, 1e9) | st.just(np.nan) | st.just(np.inf))
def test_gains_bring_peaks_to_one_within_40_db(peak: float):
    gain = full_scale_gain(peak)
    assert 0 < gain <= 100
    if 0.01 <= peak <= 1e9:
        assert gain * peak == pytest.approx(1)


@pytest.mark.parametrize("rate", [SAMPLE_RATE, 44_100, 48_000])
def test_samples_in_memory_are_levelled_as_files_are(tmp_path: Path, rate: int):
    # A click is loudest above what our clock holds, and a file's peak is not what is heard of it.
    samples = beeps(0.1, rate=rate)
    samples[rate] = 0.4
    soundfile.write(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    in_memory = levelled(read_audio(tmp_path / "a.wav"))
    np.testing.assert_allclose(in_memory, heard(tmp_path / "a.wav"), atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_samples_that_are_no_numbers_are_refused_with_their_time(tmp_path: Path):
    samples = beeps(0.1)
    samples[SAMPLE_RATE] = np.nan
    soundfile.write(tmp_path / "a.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(DrumscribeError, match=r"a\.wav: holds NaN or infinite samples near 1\.0 s"):
        heard(tmp_path / "a.wav")


def test_a_cut_recording_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    soundfile.write(tmp_path / "a.mp3", beeps(0.5, duration_s=20), SAMPLE_RATE)
    content = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(content[: len(content) // 2])
    heard(tmp_path / "a.mp3")
    assert [record.message.count("is it whole?") for record in caplog.records] == [1]
