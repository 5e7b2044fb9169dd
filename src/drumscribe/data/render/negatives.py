"""Recordings without music: speech-like sounds, sweeps, tones, noise, silence.

A transcriber must be silent on all of these.
"""

from collections.abc import Callable

import numpy as np

from drumscribe.data.render.backing import riser
from drumscribe.data.render.filters import filtered, random_equaliser_db
from drumscribe.data.render.room import draw_room, impulse_response, reverberation
from drumscribe.data.render.singing import chatter, sung
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray


def speech(n_samples: int, rng: np.random.Generator) -> FloatArray:
    """Someone talking, perhaps in a room."""
    sound = sung(chatter(n_samples, rng), n_samples, rng, vibrato=0.0)
    if rng.random() < 0.5:
        response = impulse_response(draw_room(rng), rng)
        sound = sound + reverberation(sound, response) * np.float32(rng.uniform(0.1, 0.7))
    return sound


def sweep(n_samples: int, rng: np.random.Generator) -> FloatArray:
    """A sine that glides up or down, once or over and over."""
    low_hz, high_hz = rng.uniform(20, 200), rng.uniform(2000, 10500)
    position = np.arange(n_samples) / n_samples * int(rng.integers(1, 6)) % 1
    if rng.random() < 0.5:
        position = 1 - position
    frequency = low_hz * (high_hz / low_hz) ** position
    return np.sin(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE).astype(np.float32)


def steady_tones(n_samples: int, rng: np.random.Generator) -> FloatArray:
    """A few sines that stay, beating."""
    times_s = np.arange(n_samples) / SAMPLE_RATE
    sound = np.zeros(n_samples)
    for _ in range(int(rng.integers(1, 6))):
        hz = float(np.exp(rng.uniform(np.log(40), np.log(8000))))
        slow = 1 + rng.uniform(0, 0.9) * np.sin(2 * np.pi * rng.uniform(0.05, 2) * times_s)
        sound += slow * np.sin(2 * np.pi * hz * times_s)
    return sound.astype(np.float32)


def steady_noise(n_samples: int, rng: np.random.Generator) -> FloatArray:
    """Wind, rain, machines: noise of some colour that swells slowly."""
    points = rng.uniform(0.1, 1.0, max(2, n_samples // SAMPLE_RATE))
    slow = np.interp(np.linspace(0, len(points) - 1, n_samples), np.arange(len(points)), points)
    noise = (rng.standard_normal(n_samples) * slow).astype(np.float32)
    # White noise is the likeliest to be taken for cymbals.
    return noise if rng.random() < 0.3 else filtered(noise, random_equaliser_db(rng, 24.0))


def silence(n_samples: int, rng: np.random.Generator) -> FloatArray:
    """Nothing at all."""
    return np.zeros(n_samples, np.float32)


_KINDS: tuple[tuple[Callable[[int, np.random.Generator], FloatArray], float], ...] = (
    (speech, 0.35),
    (sweep, 0.15),
    (steady_tones, 0.15),
    (steady_noise, 0.2),
    (riser, 0.08),
    (silence, 0.07),
)


def draw_negative(n_samples: int, rng: np.random.Generator) -> tuple[FloatArray, str]:
    """One of these: samples of shape (n_samples,) at no particular level, and its name."""
    weights = np.array([weight for _, weight in _KINDS])
    kind = _KINDS[int(rng.choice(len(_KINDS), p=weights / weights.sum()))][0]
    return kind(n_samples, rng), kind.__name__
