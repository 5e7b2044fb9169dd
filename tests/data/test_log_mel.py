"""The log-mel is librosa's, does not depend on how audio arrives, and keeps times and levels."""

from collections.abc import Callable, Iterator

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.config import FeatureConfig
from drumscribe.data.log_mel import LogMelStream, log_mel, log_mel_blocks, mel_filterbank
from drumscribe.timing import (
    FRAME_RATE,
    HOP_LENGTH,
    SAMPLE_RATE,
    WINDOW_LENGTH,
    frame_count,
    seconds_to_frame,
)
from drumscribe.utils.errors import DrumscribeError

MakeSamples = Callable[..., np.ndarray]
DEFAULT = FeatureConfig()
CONFIGS = [
    DEFAULT,
    FeatureConfig(n_mels=40, f_min_hz=0, f_max_hz=8000, range_db=100),
    FeatureConfig(n_mels=229, f_min_hz=50, range_db=60),
]
every_config = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: str(config.n_mels))


def librosa_log_mel(samples: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """The same by librosa: power against a full-scale sine, in dB over the range."""
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=22050,
        n_fft=1024,
        hop_length=225,
        window="hann",
        center=True,
        pad_mode="constant",
        power=2.0,
        n_mels=config.n_mels,
        fmin=config.f_min_hz,
        fmax=config.f_max_hz,
        htk=False,
        norm=None,
    )
    full_scale = (librosa.filters.get_window("hann", 1024).sum() / 2) ** 2
    level_db = 10 * np.log10(np.maximum(power.T / full_scale, 1e-30))
    return np.clip(1 + level_db / config.range_db, 0, 1)


def noise(n_samples: int, *, level: float = 0.3, seed: int = 0) -> np.ndarray:
    samples = level * np.random.default_rng(seed).standard_normal(n_samples)
    return np.clip(samples, -1, 1).astype(np.float32)


def sine(frequency_hz: float, *, level: float = 1.0, n_samples: int = 22050) -> np.ndarray:
    times_s = np.arange(n_samples) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)


# Against librosa


@pytest.mark.slow
@every_config
def test_noise_at_every_level_is_as_librosa_has_it(config: FeatureConfig) -> None:
    for level in (0.3, 1e-2, 1e-4):
        samples = noise(40_000, level=level)
        ours = log_mel(samples, config)
        np.testing.assert_allclose(ours, librosa_log_mel(samples, config), rtol=0, atol=1e-4)


@every_config
def test_music_is_as_librosa_has_it(config: FeatureConfig, drum_hits: MakeSamples) -> None:
    chord = sum(sine(pitch_hz, level=0.1, n_samples=66_150) for pitch_hz in (110, 164.8, 277.2))
    samples = chord + 0.6 * drum_hits([0.0, 0.31, 0.5, 1.1, 1.102, 2.0, 2.99], duration_s=3.0)
    ours = log_mel(samples.astype(np.float32), config)
    np.testing.assert_allclose(ours, librosa_log_mel(samples, config), rtol=0, atol=1e-4)


@every_config
def test_silence_is_as_librosa_has_it(config: FeatureConfig) -> None:
    samples = np.zeros(10_000, np.float32)
    np.testing.assert_array_equal(log_mel(samples, config), librosa_log_mel(samples, config))


@pytest.mark.filterwarnings("ignore:n_fft=1024 is too large")
@pytest.mark.parametrize("n_samples", [1, 224, 225, 511, 512, 513, 1023, 1024, 28_575, 28_800])
def test_short_and_odd_lengths_are_as_librosa_has_them(n_samples: int) -> None:
    samples = noise(n_samples)
    ours = log_mel(samples, DEFAULT)
    np.testing.assert_allclose(ours, librosa_log_mel(samples, DEFAULT), rtol=0, atol=1e-4)


@every_config
def test_the_filterbank_is_librosas(config: FeatureConfig) -> None:
    expected = librosa.filters.mel(
        sr=22050,
        n_fft=1024,
        n_mels=config.n_mels,
        fmin=config.f_min_hz,
        fmax=config.f_max_hz,
        htk=False,
        norm=None,
    )
    np.testing.assert_allclose(mel_filterbank(config), expected, atol=1e-5)


def test_every_band_of_the_default_hears_something() -> None:
    assert (mel_filterbank(DEFAULT).max(axis=1) > 0.1).all()


# Blocks


@given(
    st.integers(0, 70_000),
    st.lists(st.floats(0, 1), max_size=12),
    st.sampled_from(CONFIGS),
)
def test_however_audio_is_cut_the_bits_are_the_same(
    n_samples: int, cuts: list[float], config: FeatureConfig
) -> None:
    samples = noise(n_samples)
    pieces = np.split(samples, sorted(round(cut * n_samples) for cut in cuts))
    in_pieces = np.concatenate(list(log_mel_blocks(pieces, config)))
    np.testing.assert_array_equal(in_pieces, log_mel(samples, config))


def test_audio_may_arrive_sample_by_sample() -> None:
    samples = noise(1500)
    in_pieces = np.concatenate(list(log_mel_blocks(np.split(samples, 1500), DEFAULT)))
    np.testing.assert_array_equal(in_pieces, log_mel(samples, DEFAULT))


def test_no_more_audio_is_held_than_some_seconds() -> None:
    n_taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal n_taken
        while True:
            n_taken += 1
            yield noise(SAMPLE_RATE)

    blocks = log_mel_blocks(endless(), DEFAULT)
    n_frames = sum(len(next(blocks)) for _ in range(50))
    assert n_taken - n_frames / FRAME_RATE < 60


def test_no_block_is_empty_and_none_is_long() -> None:
    for n_samples in (0, 100, 28_800, 100_000):
        assert all(0 < len(b) <= 128 for b in log_mel_blocks([noise(n_samples)], DEFAULT))


# Kinds of samples

NOT_MONO_FLOATS = [
    np.zeros(1000, np.int16),
    np.zeros((1000, 2), np.float32),
    np.float32(0.5),  # where one array is given for the blocks
    ["loud"],
]


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble, ">f4"])
def test_samples_of_any_width_are_heard_as_float32(dtype):
    samples, stream = noise(30_000), LogMelStream(DEFAULT)
    wanted = log_mel(samples, DEFAULT)
    np.testing.assert_array_equal(log_mel(samples.astype(dtype), DEFAULT), wanted)
    streamed = np.concatenate([stream.push(samples.astype(dtype)), stream.finish()])
    np.testing.assert_allclose(streamed, wanted, atol=1e-6)


@pytest.mark.parametrize("samples", NOT_MONO_FLOATS, ids=["int16", "stereo", "number", "text"])
def test_samples_without_a_full_scale_or_of_channels_are_refused(samples):
    for hear in (lambda: log_mel(samples, DEFAULT), lambda: LogMelStream(DEFAULT).push(samples)):
        with pytest.raises(DrumscribeError, match=r"type .* shape .*: must be floats"):
            hear()


# Shape, level, time


@given(st.integers(0, 60_000))
def test_there_are_as_many_frames_as_the_clock_says(n_samples: int) -> None:
    frames = log_mel(np.zeros(n_samples, np.float32), DEFAULT)
    assert frames.shape == (1 + n_samples // 225, 128) == (frame_count(n_samples), 128)
    assert frames.dtype == np.float32


def test_no_audio_at_all_is_one_silent_frame() -> None:
    np.testing.assert_array_equal(
        np.concatenate(list(log_mel_blocks([], DEFAULT))), np.zeros((1, 128))
    )


@pytest.mark.parametrize("band", [0, 5, 20, 40, 64, 90, 110, 126])
def test_a_full_scale_sine_is_about_one_in_its_band_and_less_elsewhere(band: int) -> None:
    hz_per_bin = SAMPLE_RATE / 1024
    frequency_hz = np.argmax(mel_filterbank(DEFAULT)[band]) * hz_per_bin
    middle = log_mel(sine(frequency_hz), DEFAULT)[10:-10]
    assert middle[:, band].min() >= 0.95 and middle.max() <= 1
    far = np.abs(np.arange(128) - band) > 8
    assert middle[:, far].max() < 0.5


@pytest.mark.parametrize("level_db", [-6, -20, -40, -60])
def test_a_quieter_sine_is_lower_by_its_decibels(level_db: float) -> None:
    loud = log_mel(sine(215.33, level=0.5), DEFAULT)[10:-10].max()
    quiet = log_mel(sine(215.33, level=0.5 * 10 ** (level_db / 20)), DEFAULT)[10:-10].max()
    assert loud - quiet == pytest.approx(-level_db / 80, abs=2e-3)


def test_a_quiet_passage_does_not_depend_on_a_loud_one() -> None:
    quiet = noise(22_050, level=0.001)
    alone = log_mel(quiet, DEFAULT)
    beside = log_mel(np.concatenate([quiet, noise(22_050, level=0.9)]), DEFAULT)
    np.testing.assert_array_equal(alone[:90], beside[:90])


@every_config
def test_silence_is_nothing(config: FeatureConfig) -> None:
    assert not log_mel(np.zeros(30_000, np.float32), config).any()


@given(st.floats(0, 3.0 - 1e-4))
def test_a_click_is_loudest_in_the_frame_of_its_time(time_s: float) -> None:
    samples = np.zeros(3 * 22_050, np.float32)
    at = round(time_s * 22_050)
    samples[at] = 1
    loudness = log_mel(samples, DEFAULT).sum(axis=1)
    assert np.argmax(loudness) == seconds_to_frame(at / 22_050)


@pytest.mark.parametrize("scale", [1.0, 10.0, 1e6])
def test_values_stay_between_zero_and_one_even_for_overloaded_audio(scale: float) -> None:
    frames = log_mel(noise(20_000) * np.float32(scale), DEFAULT)
    assert frames.min() >= 0 and frames.max() <= 1


@given(cuts=st.lists(st.integers(0, 5000), max_size=12))
def test_a_stream_gives_the_same_bits_however_it_is_cut(cuts):
    samples = noise(5000)
    whole, pieces = LogMelStream(DEFAULT), LogMelStream(DEFAULT)
    wanted = [whole.push(samples), whole.finish()]
    found = [pieces.push(piece) for piece in np.split(samples, sorted(cuts))]
    assert np.array_equal(np.concatenate([*found, pieces.finish()]), np.concatenate(wanted))


@pytest.mark.parametrize("n_samples", [0, 1, 224, 225, 511, 512, 513, 1024, 30_000])
def test_a_stream_gives_what_a_recording_gives(n_samples):
    samples = noise(n_samples)
    stream = LogMelStream(DEFAULT)
    found = np.concatenate([stream.push(samples), stream.finish()])
    np.testing.assert_allclose(found, log_mel(samples, DEFAULT), atol=1e-6)


def test_a_streams_frame_comes_with_the_last_sample_of_its_window():
    stream = LogMelStream(DEFAULT)
    assert len(stream.push(noise(WINDOW_LENGTH // 2 + 3 * HOP_LENGTH - 1))) == 3
    assert len(stream.push(noise(1))) == 1
    assert len(stream.push(noise(HOP_LENGTH - 1))) == 0


@pytest.mark.parametrize(
    "config", [FeatureConfig(n_mels=512), FeatureConfig(n_mels=128, f_max_hz=1000)]
)
def test_bands_that_hear_nothing_are_refused(config: FeatureConfig):
    with pytest.raises(DrumscribeError, match=r"features\.n_mels: \d+ of .*features\.f_min_hz"):
        log_mel(np.zeros(1000, np.float32), config)


def test_the_narrowest_bands_hear_their_middle():
    filters = mel_filterbank(FeatureConfig(n_mels=300))
    assert filters.max(axis=1).min() > 0
