"""From the buses of a drum set to one sound, and from that to what a file holds.

Two chains. ``drum_sound`` joins the buses: bleed, room, equaliser, compressor, saturation.
``mastered`` treats a whole recording, accompaniment included: the same again, then what tape,
radio, converters and codecs do to it, and its level. Every effect keeps each onset within 1 ms.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from drumscribe.data.render import damage
from drumscribe.data.render.codec import CODECS, coded
from drumscribe.data.render.dynamics import clipped, compressed, draw_compressor, saturated
from drumscribe.data.render.filters import (
    cut_db,
    filtered,
    random_equaliser_db,
)
from drumscribe.data.render.render_config import EffectsConfig
from drumscribe.data.render.room import draw_room, impulse_response, reverberation
from drumscribe.utils.arrays import FloatArray

Effect = Callable[[FloatArray, EffectsConfig, np.random.Generator], FloatArray]
Step = tuple[str, float, Effect]
"""Name, probability and effect."""

_FULL_PEAK_DB = (-1.5, 0.0)
_BUZZ_BLOCK = 64
_CAUSES_OF_BUZZ = ("kick", "toms")


def drum_sound(
    buses: Mapping[str, FloatArray], config: EffectsConfig, rng: np.random.Generator
) -> tuple[FloatArray, list[str]]:
    """The buses of a drum set as one sound.

    Args:
        buses: samples of each group of pieces, shape (n_samples,) each.
        config: the probabilities.
        rng: decides everything.

    Returns:
        Samples of shape (n_samples,) and the names of the effects used.
    """
    used = []
    treated = dict(buses)
    for group, bus in buses.items():
        if rng.random() < config.bus_equaliser:
            treated[group] = filtered(bus, random_equaliser_db(rng, config.equaliser_db))
    if rng.random() < config.snare_buzz:
        used.append("buzz")
        treated["buzz"] = snare_buzz(treated, config, rng)
    samples = _sum(list(treated.values()))
    if rng.random() < config.room:
        used.append("room")
        samples = samples + _room(treated, samples, config, rng)
    chain: Sequence[Step] = (
        ("equaliser", config.equaliser, equalise),
        ("compressor", config.compression, compress),
        ("saturation", config.saturation, saturate),
    )
    return _run(chain, samples, config, rng, used)


def mastered(
    samples: FloatArray, config: EffectsConfig, rng: np.random.Generator
) -> tuple[FloatArray, list[str]]:
    """A whole recording as a file would hold it.

    Args:
        samples: shape (n_samples,).
        config: the probabilities.
        rng: decides everything.

    Returns:
        Samples of the same shape within -1..1, and the names of the effects used.
    """
    chain: Sequence[Step] = (
        ("equaliser", config.equaliser, equalise),
        ("compressor", config.compression, compress),
        ("saturation", config.saturation / 2, saturate),
        ("clipping", config.clipping, clip),
        ("flutter", config.flutter, damage.flutter),
        ("lo-fi", config.lo_fi, damage.narrow_band),
        ("noise", config.noise, damage.add_noise),
        ("hum", config.hum, damage.add_hum),
        ("crackle", config.crackle, damage.add_crackle),
        ("rate loss", config.rate_loss, damage.lose_rate),
        ("bit loss", config.bit_loss, damage.lose_bits),
        ("level", 1.0, set_level),
        ("codec", config.codec, code),
    )
    samples, used = _run(chain, samples, config, rng, [])
    return np.clip(samples, -1, 1), used


def _run(
    chain: Sequence[Step],
    samples: FloatArray,
    config: EffectsConfig,
    rng: np.random.Generator,
    used: list[str],
) -> tuple[FloatArray, list[str]]:
    """Each step of the chain with its probability, in order."""
    for name, probability, effect in chain:
        if rng.random() < probability:
            samples = effect(samples, config, rng)
            used.append(name)
    return samples, used


def _sum(parts: Sequence[FloatArray]) -> FloatArray:
    return np.asarray(np.sum(parts, axis=0), np.float32)


def _room(
    buses: Mapping[str, FloatArray],
    direct: FloatArray,
    config: EffectsConfig,
    rng: np.random.Generator,
) -> FloatArray:
    """What the room adds; groups reach it to different degrees."""
    sends = [
        bus * np.float32(10 ** (rng.normal(0, config.room_send_db) / 20)) for bus in buses.values()
    ]
    wet = reverberation(_sum(sends), impulse_response(draw_room(rng), rng))
    level_db = rng.uniform(*config.room_level_db)
    gain = rms(direct) / (rms(wet) + 1e-9) * 10 ** (level_db / 20)
    return wet * np.float32(gain)


def snare_buzz(
    buses: Mapping[str, FloatArray], config: EffectsConfig, rng: np.random.Generator
) -> FloatArray:
    """The hiss of snare wires that kick and toms shake, shape (n_samples,)."""
    causes = [buses[group] for group in _CAUSES_OF_BUZZ if group in buses]
    moved = _sum(causes) if causes else np.zeros_like(next(iter(buses.values())))
    n_blocks = -(-len(moved) // _BUZZ_BLOCK)
    padded = np.zeros(n_blocks * _BUZZ_BLOCK, np.float32)
    padded[: len(moved)] = moved
    envelope = np.sqrt(np.mean(np.square(padded.reshape(-1, _BUZZ_BLOCK)), axis=1))
    # One block late: wires answer, they do not foretell.
    delayed = np.concatenate([[0.0], envelope])[: n_blocks + 1]
    curve = np.interp(np.arange(len(moved)), np.arange(n_blocks + 1) * _BUZZ_BLOCK, delayed)
    noise = rng.standard_normal(len(moved), dtype=np.float32) * curve.astype(np.float32)
    band = cut_db(rng.uniform(900, 2500), 2, is_high=True) + cut_db(
        rng.uniform(5000, 9000), 1, is_high=False
    )
    buzz = filtered(noise, band)
    gain = rms(moved) / (rms(buzz) + 1e-9) * 10 ** (rng.uniform(*config.snare_buzz_db) / 20)
    return buzz * np.float32(gain)


def equalise(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """A random equaliser."""
    return filtered(samples, random_equaliser_db(rng, config.equaliser_db))


def compress(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """A random compressor."""
    return compressed(samples, draw_compressor(samples, rng))


def saturate(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """A random amount of saturation."""
    return saturated(samples, rng.uniform(*config.saturation_db), rng.uniform(0, 1))


def clip(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """A random amount of clipping."""
    return clipped(samples, rng.uniform(*config.clipping_db))


def set_level(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """The peak at a random level; silence stays silence."""
    is_full = rng.random() < config.full_level
    peak_db = rng.uniform(*(_FULL_PEAK_DB if is_full else config.peak_db))
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(10 ** (peak_db / 20) / peak) if peak > 0 else samples


def code(samples: FloatArray, config: EffectsConfig, rng: np.random.Generator) -> FloatArray:
    """A random codec."""
    name = list(CODECS)[int(rng.integers(len(CODECS)))]
    return coded(samples, name, rng.uniform(*config.codec_compression))


def rms(samples: FloatArray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
