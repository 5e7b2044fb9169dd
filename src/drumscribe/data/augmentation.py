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
    heard = _shifted_copy(log_mel, config.frequency_shift_bins, rng)
    is_sound = heard > 0
    heard += (_response_db(heard.shape[1], config, rng) / range_db).astype(np.float32)
    heard *= is_sound  # silence stays silence: an equaliser raises what is there, not the floor
    if rng.random() < config.noise_probability:
        floor_db = rng.uniform(-range_db, config.noise_floor_db)
        heard = add_power(heard, _noise(heard.shape, floor_db, range_db, rng), range_db=range_db)
    _mask(heard, config, rng)
    return np.clip(heard, 0, 1, out=heard)


def add_power(first: FloatArray, second: FloatArray, *, range_db: float) -> FloatArray:
    """Log-mel of two sounds at once: their powers added; silence adds nothing.

    Args:
        first: scaled log-mel, any shape.
        second: the same shape.
        range_db: what the values 0..1 span.
    """
    to_nepers = np.float32(range_db * np.log(10) / 10)
    louder, softer = np.maximum(first, second), np.minimum(first, second)
    # Step by step in one array: new ones for every step cost as much as the sums themselves.
    added = softer - louder
    added *= to_nepers
    np.log1p(np.exp(added, out=added), out=added)
    added /= to_nepers
    added *= softer > 0
    added += louder
    return added


def _response_db(n_mels: int, config: AugmentationConfig, rng: np.random.Generator) -> FloatArray:
    """Gain of each band in dB: level, tilt and a smooth random curve, shape (F,)."""
    position = np.linspace(-1, 1, n_mels)
    level = rng.uniform(-config.gain_db, config.gain_db)
    tilt = rng.uniform(-config.tilt_db, config.tilt_db) * position
    points = rng.uniform(-config.eq_db, config.eq_db, _N_EQ_POINTS)
    curve = np.interp(position, np.linspace(-1, 1, _N_EQ_POINTS), points)
    return np.asarray(level + tilt + curve, np.float32)


def _shifted_copy(log_mel: FloatArray, max_bins: int, rng: np.random.Generator) -> FloatArray:
    """Bands moved up or down by a few, the edge band repeated: drums tuned higher or lower."""
    n_mels = log_mel.shape[1]
    shift = int(rng.integers(-max_bins, max_bins + 1))
    up, down = min(max(0, shift), n_mels - 1), min(max(0, -shift), n_mels - 1)
    moved = np.empty(log_mel.shape, np.float32)
    # Slices are copied four times as fast as bands are gathered by their numbers.
    moved[:, up : n_mels - down] = log_mel[:, down : n_mels - up]
    moved[:, :up] = log_mel[:, :1]
    moved[:, n_mels - down :] = log_mel[:, -1:]
    return moved


def _noise(
    shape: tuple[int, ...], floor_db: float, range_db: float, rng: np.random.Generator
) -> FloatArray:
    """Steady noise of the given level, with the scatter that its power has from frame to frame."""
    level = rng.standard_exponential(shape, np.float32)
    level += np.float32(1e-3)
    np.log10(level, out=level)
    level *= np.float32(10 / range_db)
    level += np.float32(1 + floor_db / range_db)
    return np.clip(level, 0, 1, out=level)


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
