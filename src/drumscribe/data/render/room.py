"""Rooms: synthetic impulse responses of early reflections and a tail that decays faster on top.

The direct sound is not part of a response: it stays where it is, and everything here comes after
it, so a room never moves an onset.
"""

from dataclasses import dataclass

import numpy as np

from drumscribe.timing import SAMPLE_RATE, samples_to_seconds, seconds_to_samples
from drumscribe.utils.arrays import FloatArray

_BAND_EDGES_HZ = (250.0, 1500.0, 5000.0)
_FIRST_REFLECTION_S = 0.0015


@dataclass(frozen=True)
class Room:
    """What a room is like.

    Attributes:
        decay_s: time in which the tail falls by 60 dB, at the middle frequencies.
        damping: 0..1, how much faster highs decay.
        size_s: time until reflections are dense.
        n_reflections: distinct early ones.
        early_gain: their strength against the tail.
        gate_s: time after which the tail is shut off, or ``None``.
    """

    decay_s: float
    damping: float
    size_s: float
    n_reflections: int
    early_gain: float
    gate_s: float | None


def draw_room(rng: np.random.Generator) -> Room:
    """A room between a dead booth and a small church, seldom with a gate."""
    decay_s = float(np.exp(rng.uniform(np.log(0.12), np.log(2.0))))
    return Room(
        decay_s=decay_s,
        damping=rng.uniform(0.1, 0.9),
        size_s=rng.uniform(0.004, 0.03),
        n_reflections=int(rng.integers(3, 13)),
        early_gain=rng.uniform(0.3, 2.0),
        gate_s=rng.uniform(0.12, 0.35) if rng.random() < 0.08 else None,
    )


def impulse_response(room: Room, rng: np.random.Generator) -> FloatArray:
    """What the room adds to a click at sample 0; energy 1, nothing in the first 1.5 ms.

    Args:
        room: what it is like.
        rng: draws reflections and tail.

    Returns:
        Shape (n_samples,), as long as the tail is above -60 dB, two seconds at most.
    """
    n_samples = seconds_to_samples(min(2.0, 0.05 + room.decay_s))
    response = _tail(room, n_samples, rng)
    delays_s = _FIRST_REFLECTION_S + rng.exponential(room.size_s, room.n_reflections)
    for delay_s in delays_s[delays_s < samples_to_seconds(n_samples)]:
        gain = room.early_gain * np.exp(-delay_s / (2 * room.size_s)) * rng.choice((-1, 1))
        response[seconds_to_samples(delay_s)] += np.float32(gain)
    if room.gate_s is not None:
        response = response[: seconds_to_samples(room.gate_s)]
    return np.asarray(response / np.sqrt(float(np.sum(response**2)) + 1e-12), np.float32)


def _tail(room: Room, n_samples: int, rng: np.random.Generator) -> FloatArray:
    """Noise that decays band by band and sets in over the room's size; energy about 1."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    bins_hz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE)
    edges_hz = (0.0, *_BAND_EDGES_HZ, SAMPLE_RATE)
    times_s = np.arange(n_samples) / SAMPLE_RATE
    tail = np.zeros(n_samples)
    for band in range(len(edges_hz) - 1):
        inside = (bins_hz >= edges_hz[band]) & (bins_hz < edges_hz[band + 1])
        decay_s = room.decay_s * (1 - room.damping * (band - 1) / 3)
        tail += np.fft.irfft(spectrum * inside, n_samples) * np.exp(-6.9 * times_s / decay_s)
    tail *= 1 - np.exp(-np.maximum(0, times_s - _FIRST_REFLECTION_S) / room.size_s)
    return np.asarray(tail / np.sqrt(np.sum(tail**2) + 1e-12), np.float32)


def reverberation(samples: FloatArray, response: FloatArray) -> FloatArray:
    """What a room adds to ``samples``, shape kept."""
    from scipy.signal import oaconvolve

    return np.asarray(oaconvolve(samples, response)[: len(samples)], np.float32)
