"""Where the bars of a known, constant tempo begin.

All times are in seconds.
"""

import numpy as np

from drumscribe.inference.bar_patterns import BarPattern
from drumscribe.inference.beat_evidence import BeatEvidence
from drumscribe.inference.hit_values import values_over_bar
from drumscribe.timing import FRAME_RATE
from drumscribe.utils.arrays import Float64Array

_STEP_S = 0.004
_BLOCK_FRAMES = 60 * FRAME_RATE


def steady_downbeat_s(evidence: BeatEvidence, pattern: BarPattern, pulse_s: float) -> float:
    """The first downbeat >= 0 of bars of equal pulses, where hits and activations fit best.

    Args:
        evidence: hits and activations.
        pattern: the metre's.
        pulse_s: length of a pulse.
    """
    bar_s = pulse_s * pattern.n_pulses
    n_steps = max(pattern.n_pulses, round(bar_s / _STEP_S))
    values = values_over_bar(pattern, pulse_s * FRAME_RATE, n_steps)  # (groups, steps)
    score, beats = np.zeros(n_steps), np.zeros(n_steps)
    for group, value in enumerate(values):
        hits = _histogram(evidence.onset_s[evidence.group == group], None, bar_s, n_steps)
        score += _circular_correlation(hits, value)
    for first in range(0, len(evidence.beat), _BLOCK_FRAMES):
        frames = np.arange(first, min(first + _BLOCK_FRAMES, len(evidence.beat)))
        gain = evidence.beat_gain(frames)
        beat, downbeat = (
            _histogram(frames / FRAME_RATE, worth, bar_s, n_steps) for worth in gain.T
        )
        beats += beat
        score += downbeat
    pulses = np.zeros(n_steps)
    pulses[np.arange(pattern.n_pulses) * n_steps // pattern.n_pulses] = 1
    score += _circular_correlation(beats, pulses)
    return float(np.argmax(score) * bar_s / n_steps)


def _histogram(
    times_s: Float64Array, weights: Float64Array | None, bar_s: float, n_steps: int
) -> Float64Array:
    """Times by their place in the bar, weighted."""
    step = np.floor(times_s % bar_s / bar_s * n_steps + 0.5).astype(np.int64) % n_steps
    return np.bincount(step, weights, minlength=n_steps).astype(np.float64)


def _circular_correlation(found: Float64Array, expected: Float64Array) -> Float64Array:
    """For each shift of the expected by steps, the sum of its products with the found."""
    spectrum = np.fft.rfft(found) * np.conj(np.fft.rfft(expected))
    return np.fft.irfft(spectrum, len(found))
