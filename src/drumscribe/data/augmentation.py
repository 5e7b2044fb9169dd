"""Changes made to log-mel windows while training: more rooms than the data has.

All work on scaled log-mel (0..1 over ``range_db``), where a gain is an addition. Each is switched
off by its own setting. T frames, F mel bands.
"""

import numpy as np

from drumscribe.config import AugmentationConfig
from drumscribe.timing import seconds_to_frame
from drumscribe.utils.arrays import FloatArray

_N_EQ_POINTS = 6


def augment(
    log_mel: FloatArray,
    config: AugmentationConfig,
    rng: np.random.Generator,
    *,
    range_db: float,
) -> FloatArray:
    """One window, changed in every way that is switched on.

    Args:
        log_mel: shape (T, F), values 0..1; not changed itself.
        config: which changes, and how strong.
        rng: decides everything.
        range_db: what the values 0..1 span.

    Returns:
        Shape (T, F), values 0..1.
    """
    shifted = _shift_frequency(log_mel, config.frequency_shift_bins, rng)
    curve_db = _response_db(shifted.shape[1], config, rng)
    # Silence stays silence: an equaliser raises what is there, not the floor.
    heard = np.where(shifted > 0, shifted + (curve_db / range_db).astype(np.float32), 0)
    if rng.random() < config.noise_probability:
        floor_db = rng.uniform(-range_db, config.noise_floor_db)
        heard = add_power(heard, _noise(heard.shape, floor_db, range_db, rng), range_db=range_db)
    _mask(heard, config, rng)
    return np.clip(heard, 0, 1).astype(np.float32)


def add_power(first: FloatArray, second: FloatArray, *, range_db: float) -> FloatArray:
    """Log-mel of two sounds at once: their powers added; silence adds nothing.

    Args:
        first: scaled log-mel, any shape.
        second: the same shape.
        range_db: what the values 0..1 span.
    """
    to_nepers = np.float32(range_db * np.log(10) / 10)
    louder, softer = np.maximum(first, second), np.minimum(first, second)
    added = louder + np.log1p(np.exp((softer - louder) * to_nepers)) / to_nepers
    return np.where(softer > 0, added, louder).astype(np.float32)


def _response_db(n_mels: int, config: AugmentationConfig, rng: np.random.Generator) -> FloatArray:
    """Gain of each band in dB: level, tilt and a smooth random curve, shape (F,)."""
    position = np.linspace(-1, 1, n_mels)
    level = rng.uniform(-config.gain_db, config.gain_db)
    tilt = rng.uniform(-config.tilt_db, config.tilt_db) * position
    points = rng.uniform(-config.eq_db, config.eq_db, _N_EQ_POINTS)
    curve = np.interp(position, np.linspace(-1, 1, _N_EQ_POINTS), points)
    return np.asarray(level + tilt + curve, np.float32)


def _shift_frequency(log_mel: FloatArray, max_bins: int, rng: np.random.Generator) -> FloatArray:
    """Bands moved up or down by a few, the edge band repeated: drums tuned higher or lower."""
    shift = int(rng.integers(-max_bins, max_bins + 1))
    bands = np.clip(np.arange(log_mel.shape[1]) - shift, 0, log_mel.shape[1] - 1)
    return log_mel[:, bands]


def _noise(
    shape: tuple[int, ...], floor_db: float, range_db: float, rng: np.random.Generator
) -> FloatArray:
    """Steady noise of the given level, with the scatter that its power has from frame to frame."""
    power = rng.exponential(size=shape).astype(np.float32) + np.float32(1e-3)
    level_db = floor_db + 10 * np.log10(power)
    return np.asarray(np.clip(1 + level_db / range_db, 0, 1), np.float32)


def _mask(log_mel: FloatArray, config: AugmentationConfig, rng: np.random.Generator) -> None:
    """Silence a few short stretches of time and bands of frequency, in place.

    Park et al., SpecAugment (2019); stretches are short, because a masked onset is still a target.
    """
    n_frames, n_mels = log_mel.shape
    for _ in range(config.n_time_masks):
        length = int(rng.integers(seconds_to_frame(config.time_mask_s) + 1))
        start = int(rng.integers(max(1, n_frames - length)))
        log_mel[start : start + length] = 0
    for _ in range(config.n_frequency_masks):
        width = int(rng.integers(config.frequency_mask_bins + 1))
        start = int(rng.integers(max(1, n_mels - width)))
        log_mel[:, start : start + width] = 0
