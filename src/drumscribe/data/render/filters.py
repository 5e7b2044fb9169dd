"""Filters that do not move onsets: minimum phase, so that nothing sounds before its time.

Conventions: samples are mono at ``SAMPLE_RATE``; gains over frequency are in dB on ``BINS_HZ``.
"""

import numpy as np
import numpy.typing as npt

from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray

Curve = npt.NDArray[np.float64]

_N_FFT = 2048
_N_TAPS = 1024
_LOWEST_DB = -80.0

BINS_HZ: Curve = np.asarray(np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE), np.float64)
"""Frequencies at which a response is given."""

_OCTAVES: Curve = np.log2(np.maximum(BINS_HZ, BINS_HZ[1] / 2))


def bell_db(centre_hz: float, gain_db: float, width_octaves: float) -> Curve:
    """A boost or cut of ``gain_db`` around a frequency, ``width_octaves`` to either side."""
    distance = (_OCTAVES - np.log2(centre_hz)) / width_octaves
    return np.asarray(gain_db * np.exp(-0.5 * distance**2))


def shelf_db(corner_hz: float, gain_db: float, *, is_high: bool) -> Curve:
    """``gain_db`` above (or below) a frequency, over about two octaves."""
    position = np.tanh(_OCTAVES - np.log2(corner_hz)) * (1 if is_high else -1)
    return np.asarray(gain_db * 0.5 * (1 + position))


def cut_db(corner_hz: float, order: int, *, is_high: bool) -> Curve:
    """What a Butterworth filter leaves: all below ``corner_hz`` if ``is_high`` is cut, or above."""
    ratio = np.maximum(BINS_HZ, 1.0) / corner_hz
    power = (1 / ratio if is_high else ratio) ** (2 * order)
    return np.asarray(np.maximum(_LOWEST_DB, -10 * np.log10(1 + power)))


def filtered(samples: FloatArray, response_db: Curve) -> FloatArray:
    """Samples through a minimum-phase filter, shape kept.

    Args:
        samples: shape (n_samples,).
        response_db: gain at each of ``BINS_HZ``.
    """
    from scipy.signal import oaconvolve

    taps = minimum_phase(response_db)
    return np.asarray(oaconvolve(samples, taps)[: len(samples)], np.float32)


def minimum_phase(response_db: Curve) -> FloatArray:
    """The impulse response of least delay with the given gains, shape (1024,)."""
    log_magnitude = np.maximum(response_db, _LOWEST_DB) * np.log(10) / 20
    cepstrum = np.fft.irfft(log_magnitude, _N_FFT)
    cepstrum[1 : _N_FFT // 2] *= 2
    cepstrum[_N_FFT // 2 + 1 :] = 0
    response = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), _N_FFT)
    return np.asarray(response[:_N_TAPS], np.float32)


def random_equaliser_db(rng: np.random.Generator, strength_db: float) -> Curve:
    """A smooth random response: a tilt, up to four bells, now and then cut ends.

    Args:
        rng: decides everything.
        strength_db: the largest boost or cut of each.
    """
    response = shelf_db(rng.uniform(80, 400), rng.uniform(-1, 1) * strength_db, is_high=False)
    response += shelf_db(rng.uniform(2000, 7000), rng.uniform(-1, 1) * strength_db, is_high=True)
    for _ in range(int(rng.integers(5))):
        centre_hz = float(np.exp(rng.uniform(np.log(60), np.log(9000))))
        gain_db = rng.uniform(-1, 1) * strength_db
        response += bell_db(centre_hz, gain_db, rng.uniform(0.2, 1.0))
    if rng.random() < 0.3:
        response += cut_db(rng.uniform(25, 110), int(rng.integers(1, 4)), is_high=True)
    if rng.random() < 0.3:
        response += cut_db(rng.uniform(4500, 10500), int(rng.integers(1, 4)), is_high=False)
    return response
