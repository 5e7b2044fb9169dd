"""Effects: whatever they do to a sound, every onset stays within a millisecond."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from drumscribe.data.render import damage, effects
from drumscribe.data.render.codec import CODECS, coded
from drumscribe.data.render.filters import BINS_HZ, bell_db, cut_db, minimum_phase
from drumscribe.data.render.render_config import EffectsConfig
from drumscribe.data.render.room import draw_room, impulse_response
from drumscribe.timing import SAMPLE_RATE

Samples = npt.NDArray[np.float32]

ALL_ON = EffectsConfig(
    room=1,
    snare_buzz=1,
    bus_equaliser=1,
    equaliser=1,
    compression=1,
    saturation=1,
    clipping=1,
    lo_fi=1,
    flutter=1,
    rate_loss=1,
    bit_loss=1,
    noise=1,
    hum=1,
    crackle=1,
    codec=1,
)
EFFECTS = {
    "equalise": effects.equalise,
    "compress": effects.compress,
    "saturate": effects.saturate,
    "clip": effects.clip,
    "set_level": effects.set_level,
    "code": effects.code,
    "narrow_band": damage.narrow_band,
    "flutter": damage.flutter,
    "lose_rate": damage.lose_rate,
    "lose_bits": damage.lose_bits,
    "add_noise": damage.add_noise,
    "add_hum": damage.add_hum,
    "add_crackle": damage.add_crackle,
}
HIT_TIMES_S = tuple(0.3 + 0.37 * index for index in range(9))


@pytest.fixture(scope="module")
def hits() -> Samples:
    """Bursts that start abruptly, tones under hiss, none of them overlapping much."""
    rng = np.random.default_rng(8)
    samples = np.zeros(4 * SAMPLE_RATE, np.float32)
    for index, time_s in enumerate(HIT_TIMES_S):
        first = round(time_s * SAMPLE_RATE)
        times_s = np.arange(6000) / SAMPLE_RATE
        tone = np.cos(2 * np.pi * (80, 190, 400)[index % 3] * times_s)
        hit = (tone + rng.standard_normal(6000)) * np.exp(-times_s / 0.06)
        samples[first : first + 6000] += (0.3 * hit).astype(np.float32)
    return samples


def onset_s(samples: Samples, near_s: float) -> float:
    """When the envelope near a time first reaches a quarter of its peak there."""
    first = round((near_s - 0.015) * SAMPLE_RATE)
    heard = np.abs(samples[first : first + round(0.035 * SAMPLE_RATE)].astype(np.float64))
    envelope = np.convolve(heard, np.hanning(12), mode="same")
    return float(first + np.argmax(envelope >= 0.25 * envelope.max())) / SAMPLE_RATE


def lag_s(before: Samples, after: Samples, time_s: float) -> float:
    """How much later the hit at a time is heard."""
    return onset_s(after, time_s) - onset_s(before, time_s)


def correlation_lag_s(before: Samples, after: Samples) -> float:
    """The shift of the whole at which the two are most alike."""
    size = 2 * len(before)
    spectra = [np.fft.rfft(samples, size) for samples in (before, after)]
    best = int(np.argmax(np.fft.irfft(spectra[1] * np.conj(spectra[0]))))
    return (best if best < size // 2 else best - size) / SAMPLE_RATE


def assert_kept(before: Samples, after: Samples) -> None:
    assert after.shape == before.shape
    assert after.dtype == np.float32
    assert np.isfinite(after).all()
    lags = [lag_s(before, after, time_s) for time_s in HIT_TIMES_S]
    assert max(map(abs, lags)) <= 0.001, lags


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("seed", range(6))
def test_an_effect_keeps_every_onset(hits: Samples, name: str, seed: int):
    rng = np.random.default_rng(seed)
    after = EFFECTS[name](hits, EffectsConfig(), rng)
    assert_kept(hits, after)
    assert abs(correlation_lag_s(hits, after)) <= 0.001


@pytest.mark.parametrize("seed", range(4))
def test_all_effects_together_keep_every_onset(hits: Samples, seed: int):
    rng = np.random.default_rng(seed)
    gentle = EffectsConfig(noise_db=(-85.0, -60.0), room_level_db=(-26.0, -8.0))
    drums, _ = effects.drum_sound({"snare": hits, "kick": hits}, ALL_ON, rng)
    assert_kept(hits, drums)
    chain = EffectsConfig(**{**vars(ALL_ON), "noise_db": gentle.noise_db, "crackle": 0.0})
    after, used = effects.mastered(drums, chain, rng)
    assert_kept(hits, after)
    assert np.abs(after).max() <= 1
    assert {"codec", "flutter", "lo-fi"} <= set(used)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("compression", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("n_extra", [0, 1, 777])
def test_codecs_are_aligned(hits: Samples, codec: str, compression: float, n_extra: int):
    samples = np.concatenate([hits, np.zeros(n_extra, np.float32)])
    after = coded(samples, codec, compression)
    assert after.shape == samples.shape
    assert correlation_lag_s(samples, after) == 0
    assert all(abs(lag_s(samples, after, time_s)) < 0.0005 for time_s in HIT_TIMES_S)


@pytest.mark.slow
@pytest.mark.parametrize("codec", CODECS)
def test_minutes_are_coded_as_seconds_are(hits: Samples, codec: str):
    """Vorbis, on the stack that a process has, would end it with a minute and a half."""
    samples = np.concatenate([hits, np.zeros(120 * SAMPLE_RATE, np.float32)])
    after = coded(samples, codec, 0.5)
    assert after.shape == samples.shape
    assert all(abs(lag_s(samples, after, time_s)) < 0.0005 for time_s in HIT_TIMES_S)


@pytest.mark.parametrize("name", EFFECTS)
def test_silence_stays_near_silence(name: str):
    silence = np.zeros(SAMPLE_RATE, np.float32)
    after = EFFECTS[name](silence, EffectsConfig(), np.random.default_rng(1))
    assert after.shape == silence.shape
    assert np.abs(after).max() < 0.01


def test_a_room_adds_nothing_before_its_first_reflection():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        response = impulse_response(draw_room(rng), rng)
        assert np.abs(response[: round(0.001 * SAMPLE_RATE)]).max() < 1e-3
        assert np.sum(response**2) == pytest.approx(1, rel=1e-3)


def test_filters_have_the_response_asked_for():
    wanted_db = bell_db(1000, 9, 0.5) + cut_db(60, 2, is_high=True)
    got_db = 20 * np.log10(np.abs(np.fft.rfft(minimum_phase(wanted_db), 2048)) + 1e-9)
    audible = BINS_HZ > 100
    assert np.abs(got_db - wanted_db)[audible].max() < 1.0


@pytest.mark.parametrize("effect", [effects.equalise, damage.narrow_band])
def test_filters_do_not_sound_beforehand(effect: Callable[..., Samples]):
    click = np.zeros(2000, np.float32)
    click[1000] = 1
    for seed in range(5):
        after = effect(click, EffectsConfig(), np.random.default_rng(seed))
        assert np.abs(after[:1000]).max() < 1e-4 * np.abs(after).max()
