"""Levels and what follows them: compression, saturation and clipping, which keep the timing."""

from dataclasses import dataclass

import numpy as np

from drumscribe.timing import SAMPLE_RATE, seconds_to_samples
from drumscribe.utils.arrays import Float64Array, FloatArray

# Gains are computed so often, and drawn straight between.
_BLOCK_SAMPLES = seconds_to_samples(0.00145)
_FLOOR_DB = -90.0


@dataclass(frozen=True)
class Compressor:
    """Settings of a compressor.

    Attributes:
        threshold_db: level above which it acts, dB of full scale.
        ratio: input dB for one more dB of output above the threshold, >= 1.
        attack_s: time constant of turning down.
        release_s: time constant of turning up again.
        mix: 0..1, share of the compressed signal; the rest is dry.
    """

    threshold_db: float
    ratio: float
    attack_s: float
    release_s: float
    mix: float


def heard_rms(samples: FloatArray, *, range_db: float = 60.0) -> float:
    """RMS of the samples within ``range_db`` of the peak, so that pauses do not count."""
    power = np.square(samples)
    heard = power[power > 10 ** (-range_db / 10) * power.max(initial=0.0)]
    return float(np.sqrt(heard.mean())) if len(heard) else 0.0


def draw_compressor(samples: FloatArray, rng: np.random.Generator) -> Compressor:
    """A compressor that acts on this signal: its threshold lies below the loud passages."""
    blocks_db = _block_levels_db(samples)
    loud_db = float(np.percentile(blocks_db, 98))
    return Compressor(
        threshold_db=loud_db - rng.uniform(3, 22),
        ratio=float(np.exp(rng.uniform(np.log(1.5), np.log(12)))),
        attack_s=float(np.exp(rng.uniform(np.log(0.001), np.log(0.04)))),
        release_s=float(np.exp(rng.uniform(np.log(0.04), np.log(0.4)))),
        mix=1.0 if rng.random() < 0.7 else rng.uniform(0.3, 0.8),
    )


def compressed(samples: FloatArray, settings: Compressor) -> FloatArray:
    """Samples with the loud passages turned down, shape kept."""
    blocks_db = _block_levels_db(samples)
    over_db = np.maximum(0, blocks_db - settings.threshold_db) * (1 - 1 / settings.ratio)
    cut_db = _followed(over_db, settings.attack_s, settings.release_s)
    gains = settings.mix * 10 ** (-cut_db / 20) + (1 - settings.mix)
    centres = (np.arange(len(gains)) + 0.5) * _BLOCK_SAMPLES
    curve = np.interp(np.arange(len(samples)), centres, gains)
    return samples * curve.astype(np.float32)


def _block_levels_db(samples: FloatArray) -> Float64Array:
    """RMS of each block in dB, shape (n_blocks,), at least one."""
    n_blocks = max(1, len(samples) // _BLOCK_SAMPLES)
    padded = np.zeros(n_blocks * _BLOCK_SAMPLES, np.float32)
    used = samples[: len(padded)]
    padded[: len(used)] = used
    power = np.mean(np.square(padded.reshape(n_blocks, _BLOCK_SAMPLES)), axis=1)
    return np.asarray(np.maximum(_FLOOR_DB, 10 * np.log10(power + 1e-12)), np.float64)


def _followed(wanted_db: Float64Array, attack_s: float, release_s: float) -> Float64Array:
    """``wanted_db`` followed with one time constant up and another down."""
    block_s = _BLOCK_SAMPLES / SAMPLE_RATE
    rise, fall = 1 - np.exp(-block_s / attack_s), 1 - np.exp(-block_s / release_s)
    followed = []
    state = 0.0
    for target in wanted_db.tolist():
        state += (target - state) * (rise if target > state else fall)
        followed.append(state)
    return np.asarray(followed)


def saturated(samples: FloatArray, drive_db: float, bias: float) -> FloatArray:
    """Samples driven into a soft curve, the peak kept.

    Args:
        samples: shape (n_samples,).
        drive_db: how far the peak is driven above the knee, >= 0.
        bias: 0..1, asymmetry; adds even harmonics.
    """
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return samples
    drive = np.float32(10 ** (drive_db / 20) / peak)
    shift = np.float32(0.3 * bias)
    driven = np.tanh(samples * drive + shift) - np.tanh(shift)
    return np.asarray(driven * np.float32(peak / float(np.abs(driven).max())), np.float32)


def clipped(samples: FloatArray, over_db: float) -> FloatArray:
    """Samples cut off ``over_db`` below their peak, the peak kept."""
    peak = float(np.abs(samples).max(initial=0.0))
    limit = peak * 10 ** (-over_db / 20)
    return np.asarray(np.clip(samples, -limit, limit) * np.float32(10 ** (over_db / 20)))
