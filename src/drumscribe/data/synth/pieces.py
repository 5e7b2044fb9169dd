"""The pieces of a synthetic kit, each struck once, as oscillators, noise and envelopes.

A function for each kind of piece turns its parameters, a ``Piece``, and the manner in which it is
struck into a ``LayeredSound``: mono float32 at ``EGMD_SAMPLE_RATE`` whose attack begins on sample
0. A sound has two layers, ``body`` and ``bright``; the harder the hit, the more of the bright layer
(see ``synthesis.py``), so a sound is made once and played at any velocity. ``rng`` gives it its
noise and the small differences between one hit and the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.utils.arrays import Float64Array, FloatArray

EGMD_SAMPLE_RATE = 44_100
"""Samples per second of E-GMD's audio, and so of what is synthesised; not drumscribe's clock."""


_DECAY_TO_60_DB = np.log(1000.0)
_RAMP_SAMPLES = 8  # a fifth of a millisecond: no click of a jump, yet the attack stays in place
_ATTACK_SAMPLES = EGMD_SAMPLE_RATE // 50
_TOP_HZ = 18_000.0
# Spread so that no two are in a simple ratio: what makes struck metal sound like metal.
_METAL_RATIOS = (1.0, 1.34, 1.68, 1.97, 2.43, 2.89)
_RIDE_RATIOS = (1.0, 1.51, 2.17, 2.86, 3.63)
_BELL_RATIOS = (1.0, 2.03, 2.97, 4.11)
_RIM_HZ = (1150.0, 1720.0, 2630.0)


@dataclass(frozen=True, slots=True)
class Piece:
    """One drum or cymbal of a kit.

    Attributes:
        pitch_hz: fundamental of a drum, lowest partial of a cymbal.
        decay_s: time to fall by 60 dB when struck the plain way.
        brightness_hz: centre of the noise: beater, snare wires or wash.
        noise: share of noise against tone, 0..1.
        level: power of the hardest plain hit: its RMS over the first 20 ms, 0..1 of full scale.
    """

    pitch_hz: float
    decay_s: float
    brightness_hz: float
    noise: float
    level: float


@dataclass(frozen=True, slots=True)
class LayeredSound:
    """One struck piece at full velocity; the layers may differ in length.

    Attributes:
        body: what every hit has, float32, shape (n_body,).
        bright: what hard hits add, float32, shape (n_bright,).
    """

    body: FloatArray
    bright: FloatArray


@dataclass(frozen=True, slots=True)
class _Touch:
    """How the manner of striking changes a piece: factors of decay, brightness and level."""

    decay: float = 1.0
    brightness: float = 1.0
    level: float = 1.0


_HIHAT_TOUCHES = {
    "closed": _Touch(),
    "closed_edge": _Touch(1.7, 1.1, 1.15),
    "open": _Touch(16.0, 0.95, 0.95),
    "open_edge": _Touch(22.0, 1.05, 1.1),
    "pedal": _Touch(0.8, 0.7, 0.5),
}
_CYMBAL_TOUCHES = {"bow": _Touch(0.8, 0.9, 0.8), "edge": _Touch()}
_RIDE_TOUCHES = {
    "bow": _Touch(),
    "edge": _Touch(1.3, 0.85, 1.1),
    "bell": _Touch(0.9, 1.0, 1.15),
}


def kick(piece: Piece, manner: str, rng: np.random.Generator) -> LayeredSound:
    """A sine whose pitch falls onto the drum's own within some 30 ms, and a beater click."""
    times_s = _times(piece.decay_s)
    body = _falling_sine(times_s, piece.pitch_hz, rise=3.5, fall_s=0.012)
    body *= _envelope(times_s, piece.decay_s)
    click = _burst(0.03, (0.4, 1.8), piece.brightness_hz, rng)
    return _sound(body, piece.noise * click, piece.level)


def snare(piece: Piece, manner: str, rng: np.random.Generator) -> LayeredSound:
    """Two modes of the head and the rattle of the wires; rim shots and cross-sticks add wood."""
    if manner == "cross_stick":
        return _cross_stick(piece, rng)
    times_s = _times(piece.decay_s)
    tone = _falling_sine(times_s, piece.pitch_hz, rise=0.4, fall_s=0.02)
    tone += 0.6 * _falling_sine(times_s, 1.59 * piece.pitch_hz, rise=0.4, fall_s=0.02)
    tone *= _envelope(times_s, 0.6 * piece.decay_s)
    wires = _burst(piece.decay_s, (0.25, 1.3), piece.brightness_hz, rng)
    sizzle = _burst(0.8 * piece.decay_s, (0.8, 3.0), piece.brightness_hz, rng)
    body = (1 - piece.noise) * tone + 0.7 * piece.noise * wires
    if manner == "rim":
        body += 0.8 * _partials(times_s, _RIM_HZ, 0.08, rng)
    return _sound(body, 0.8 * piece.noise * sizzle, piece.level)


def tom(piece: Piece, manner: str, rng: np.random.Generator) -> LayeredSound:
    """A long gliding tone with its second mode and a stick; on the rim less drum, more wood."""
    times_s = _times(piece.decay_s)
    body = _falling_sine(times_s, piece.pitch_hz, rise=0.5, fall_s=0.04)
    second = _falling_sine(times_s, 1.59 * piece.pitch_hz, rise=0.5, fall_s=0.04)
    body *= _envelope(times_s, piece.decay_s)
    body += 0.4 * second * _envelope(times_s, 0.4 * piece.decay_s)
    if manner == "rim":
        body = 0.6 * body + 0.7 * _partials(times_s, _RIM_HZ, 0.07, rng)
    stick = _burst(0.05, (0.3, 1.5), piece.brightness_hz, rng)
    return _sound(body, piece.noise * stick, piece.level)


def hihat(piece: Piece, manner: str, rng: np.random.Generator) -> LayeredSound:
    """Clashing square waves above a high-pass, with high noise on top."""
    touch = _HIHAT_TOUCHES[manner]
    return _cymbal(piece, touch, rng, wash=(0.6, 1.5), attack=0.3)


def crash(piece: Piece, manner: str, rng: np.random.Generator) -> LayeredSound:
    """A wide, long wash that starts with the stick."""
    touch = _CYMBAL_TOUCHES[manner]
    return _cymbal(piece, touch, rng, wash=(0.2, 1.6), attack=0.8)


def ride(piece: Piece, manner: str, rng: np.random.Generator) -> LayeredSound:
    """A ping over a thin wash; the bell is nearly all tone."""
    touch = _RIDE_TOUCHES[manner]
    decay_s = piece.decay_s * touch.decay
    times_s = _times(decay_s)
    bell = manner == "bell"
    wash = _burst(decay_s, (0.35, 1.5), piece.brightness_hz * touch.brightness, rng)
    ratios, pitch_hz = (
        (_BELL_RATIOS, 0.25 * piece.pitch_hz) if bell else (_RIDE_RATIOS, piece.pitch_hz)
    )
    ping = _partials(times_s, [ratio * pitch_hz for ratio in ratios], 0.35 * decay_s, rng)
    wash_share = (0.15 if bell else 1.0) * piece.noise
    stick = _burst(0.03, (0.5, 1.8), piece.brightness_hz, rng)
    return _sound(ping + wash_share * wash, 0.6 * stick, piece.level * touch.level)


def percussion(piece: Piece, manner: str, rng: np.random.Generator) -> LayeredSound:
    """Two tones a good fifth apart and the stick: a bell, a block or what else a kit may have."""
    times_s = _times(piece.decay_s)
    tone = _partials(times_s, [piece.pitch_hz, 1.48 * piece.pitch_hz], piece.decay_s, rng)
    rattle = _burst(piece.decay_s, (0.6, 1.6), piece.brightness_hz, rng)
    stick = _burst(0.03, (0.5, 1.8), piece.brightness_hz, rng)
    return _sound(tone + piece.noise * rattle, 0.6 * stick, piece.level)


def _cross_stick(piece: Piece, rng: np.random.Generator) -> LayeredSound:
    """The stick laid on the head and struck against the rim: a short knock of wood, no wires."""
    times_s = _times(0.12)
    knock_hz = [ratio * 2.2 * piece.pitch_hz for ratio in (1.0, 2.1, 4.3)]
    knock = _partials(times_s, knock_hz, 0.09, rng)
    tick = _burst(0.02, (0.4, 1.2), piece.brightness_hz, rng)
    return _sound(knock, 0.6 * tick, 0.6 * piece.level)


def _cymbal(
    piece: Piece,
    touch: _Touch,
    rng: np.random.Generator,
    *,
    wash: tuple[float, float],
    attack: float,
) -> LayeredSound:
    """Metal and noise in one band of the spectrum.

    Args:
        piece: the cymbal.
        touch: how it is struck.
        rng: source of its noise and phases.
        wash: lowest and highest frequency as factors of the brightness.
        attack: how much louder the first 60 ms are than the wash behind them.
    """
    decay_s = piece.decay_s * touch.decay
    times_s = _times(decay_s)
    centre_hz = piece.brightness_hz * touch.brightness
    metal = _square_cluster(times_s, piece.pitch_hz, rng)
    raw = (1 - piece.noise) * metal + piece.noise * rng.standard_normal(times_s.size)
    body = _band(raw, wash[0] * centre_hz, wash[1] * centre_hz)
    body *= _envelope(times_s, decay_s) * (1 + attack * np.exp(-times_s / 0.02))
    air = _burst(0.6 * decay_s, (1.1, 2.2), centre_hz, rng)
    peak = float(np.max(np.abs(body)))
    return _sound(body / peak, 0.7 * air, piece.level * touch.level)


def _times(duration_s: float) -> Float64Array:
    """Times in seconds of the samples of ``duration_s`` seconds."""
    return np.arange(max(1, round(duration_s * EGMD_SAMPLE_RATE))) / EGMD_SAMPLE_RATE


def _envelope(times_s: Float64Array, decay_s: float) -> Float64Array:
    """Exponential decay from 1, by 60 dB in ``decay_s`` seconds."""
    envelope: Float64Array = np.exp(-_DECAY_TO_60_DB * times_s / decay_s)
    return envelope


def _falling_sine(
    times_s: Float64Array, pitch_hz: float, *, rise: float, fall_s: float
) -> Float64Array:
    """A sine that starts ``1 + rise`` times as high as ``pitch_hz`` and settles on it.

    Its phase starts at an eighth of a turn, so that the first sample is already loud.
    """
    settled = times_s + rise * fall_s * (1 - np.exp(-times_s / fall_s))
    return np.sin(2 * np.pi * pitch_hz * settled + np.pi / 4)


def _partials(
    times_s: Float64Array, frequencies_hz: Sequence[float], decay_s: float, rng: np.random.Generator
) -> Float64Array:
    """Sines of random phase, the higher the softer and shorter; peak about 1."""
    total = np.zeros_like(times_s)
    for index, frequency_hz in enumerate(frequencies_hz):
        phase = rng.uniform(0, 2 * np.pi)
        tone = np.sin(2 * np.pi * frequency_hz * times_s + phase)
        total += tone * _envelope(times_s, decay_s / (1 + 0.4 * index)) / (1 + 0.5 * index)
    return total / sum(1 / (1 + 0.5 * index) for index in range(len(frequencies_hz)))


def _square_cluster(
    times_s: Float64Array, base_hz: float, rng: np.random.Generator
) -> Float64Array:
    """Square waves in no simple ratio, together of about unit power."""
    total = np.zeros_like(times_s)
    for ratio in _METAL_RATIOS:
        turns = base_hz * ratio * times_s + rng.uniform()
        total += np.where(turns % 1.0 < 0.5, 1.0, -1.0)
    return total / float(np.sqrt(len(_METAL_RATIOS)))


def _burst(
    decay_s: float, band: tuple[float, float], centre_hz: float, rng: np.random.Generator
) -> Float64Array:
    """Decaying noise between two factors of ``centre_hz``; peak 1, about ``decay_s`` long."""
    times_s = _times(decay_s)
    noise = _band(rng.standard_normal(times_s.size), band[0] * centre_hz, band[1] * centre_hz)
    noise *= _envelope(times_s, decay_s)
    return noise / float(np.max(np.abs(noise)))


def _band(signal: Float64Array, low_hz: float, high_hz: float) -> Float64Array:
    """``signal`` between two frequencies, with slopes of an octave or so on either side."""
    size = 1 << (signal.size - 1).bit_length()
    frequencies_hz = np.fft.rfftfreq(size, 1 / EGMD_SAMPLE_RATE)
    high_hz = min(high_hz, _TOP_HZ)
    passed = 1 / (1 + (low_hz / np.maximum(frequencies_hz, 1.0)) ** 6)
    passed /= 1 + (frequencies_hz / high_hz) ** 6
    return np.fft.irfft(np.fft.rfft(signal, size) * passed, size)[: signal.size]


def _sound(body: Float64Array, bright: Float64Array, level: float) -> LayeredSound:
    """Both layers scaled to ``level``, with click-free ends.

    By power and not by peak, since the peak of noise is chance and hits would differ by decibels.
    """
    attack = np.zeros(_ATTACK_SAMPLES)
    for layer in (body, bright):
        attack[: layer.size] += layer[:_ATTACK_SAMPLES]
    scale = level / float(np.sqrt(np.mean(attack**2)))
    return LayeredSound(_finished(body * scale), _finished(bright * scale))


def _finished(layer: Float64Array) -> FloatArray:
    """The layer with a short ramp at both ends, as float32."""
    ramp = np.arange(1, _RAMP_SAMPLES + 1) / (_RAMP_SAMPLES + 1)
    n_ramp = min(_RAMP_SAMPLES, layer.size)
    layer[:n_ramp] *= ramp[:n_ramp]
    layer[layer.size - n_ramp :] *= ramp[:n_ramp][::-1]
    return layer.astype(np.float32)
