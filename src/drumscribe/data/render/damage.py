"""What tape, radio, records and old converters do to a sound, and the noise they add.

Each takes samples of shape (n_samples,), the settings and what decides everything, and gives back
samples of the same shape, every onset within 1 ms of where it was.
"""

import numpy as np

from drumscribe.data.render.filters import cut_db, filtered
from drumscribe.data.render.render_config import EffectsConfig
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray

_FLUTTER_S = 3e-4
_NOISE_BLOCK_S = 4.0


def narrow_band(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """Only the band of a telephone, a small radio or an old tape."""
    low_hz, high_hz = rng.uniform(60, 350), rng.uniform(2800, 6500)
    response = cut_db(low_hz, int(rng.integers(1, 4)), is_high=True)
    response += cut_db(high_hz, int(rng.integers(1, 5)), is_high=False)
    return filtered(samples, response)


def flutter(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """An uneven tape: the sound is read a little early or late, by 0.3 ms at most."""
    depth = rng.uniform(0.1, 1.0) * _FLUTTER_S * SAMPLE_RATE
    at = np.arange(len(samples), dtype=np.float64)
    turns_per_sample = rng.uniform(0.5, 9.0) / SAMPLE_RATE
    shift = depth * np.sin(2 * np.pi * (turns_per_sample * at + rng.uniform()))
    return np.interp(at + shift, at, samples).astype(np.float32)


def lose_rate(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """Down to a lower sample rate and up again; sometimes crudely, with mirrored highs."""
    import soxr

    if rng.random() < 0.3:
        factor = int(rng.integers(2, 4))
        return np.repeat(samples[::factor], factor)[: len(samples)]
    rate = rng.uniform(8000, 18000)
    low = soxr.resample(samples, SAMPLE_RATE, rate, quality="LQ")
    back = soxr.resample(low, rate, SAMPLE_RATE, quality="LQ")
    kept = np.zeros_like(samples)
    n_kept = min(len(kept), len(back))
    kept[:n_kept] = back[:n_kept]
    return kept


def lose_bits(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """Rounded to 7 to 12 bits against the peak."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return samples
    step = np.float32(peak / 2 ** int(rng.integers(6, 12)))
    return np.round(samples / step) * step


def add_noise(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """Hiss between white and brown, a loop of a few seconds, against the peak."""
    n_loop = min(len(samples), round(_NOISE_BLOCK_S * SAMPLE_RATE))
    noise = _coloured_noise(n_loop, rng.uniform(0, 1.6), rng)
    looped = np.resize(noise, len(samples))
    level = _peak(samples) * 10 ** (rng.uniform(*config.noise_db) / 20)
    return samples + looped * np.float32(level)


def add_hum(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """Mains hum with a few harmonics."""
    times_s = np.arange(len(samples)) / SAMPLE_RATE
    base_hz = float(rng.choice((50.0, 60.0)))
    hum = np.zeros(len(samples))
    for harmonic in range(1, int(rng.integers(2, 9))):
        phase = rng.uniform(0, 2 * np.pi)
        hum += (
            rng.uniform(0.2, 1)
            / harmonic
            * np.sin(2 * np.pi * base_hz * harmonic * times_s + phase)
        )
    level = _peak(samples) * 10 ** (rng.uniform(-65, -38) / 20)
    return samples + (hum * level).astype(np.float32)


def add_crackle(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """Soft clicks of a worn record, a few a second."""
    n_clicks = rng.poisson(rng.uniform(1, 12) * len(samples) / SAMPLE_RATE)
    clicks = np.zeros(len(samples), np.float32)
    at = rng.integers(0, max(1, len(samples)), n_clicks)
    clicks[at] = rng.standard_normal(n_clicks) * _peak(samples) * 10 ** (rng.uniform(-45, -25) / 20)
    return samples + filtered(clicks, cut_db(rng.uniform(2000, 8000), 1, is_high=False))


def _coloured_noise(n_samples: int, slope: float, rng: np.random.Generator) -> FloatArray:
    """Noise whose amplitude falls with frequency to the power ``slope``; RMS 1."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    bins = np.maximum(np.arange(len(spectrum)), n_samples * 30 // SAMPLE_RATE + 1)
    noise = np.fft.irfft(spectrum * bins ** (-slope), n_samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2) + 1e-12), np.float32)


def _peak(samples: FloatArray) -> float:
    """The peak, or a hundredth of full scale where there is silence."""
    return float(np.abs(samples).max(initial=0.0)) or 0.01
