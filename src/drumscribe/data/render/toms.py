"""Three toms from what a kit has recorded: told apart by pitch, in the right order.

Many kits have two toms and send them for three or six notes, and machines offer alternatives in
several tunings. Two toms of one sound would teach that the same sound has two names, so one of them
is retuned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from drumscribe.data.render.articulations import TOM_NOTES, TOM_PIECES
from drumscribe.data.render.sample_kits import OneShot, OneShotCache, SampleKit
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import Float64Array

_SAME_SOUND = 0.9
_WIDE_RATIO = 1.4
_RETUNING = 1.2
_N_FFT = 16384
_N_HEARD = 8192
_LOWEST_HZ, _N_OCTAVES, _BANDS_PER_OCTAVE = 40.0, 5.6, 24
_TONE_HZ = (45.0, 450.0)


@dataclass(frozen=True)
class NoteSource:
    """What a note plays: a recorded note, one sound of it or ``None`` for all, a pitch factor."""

    recorded: int
    only: str | None
    pitch: float = 1.0


def draw_toms(
    kit: SampleKit, cache: OneShotCache, rng: np.random.Generator
) -> dict[str, NoteSource]:
    """The source of each of ``TOM_PIECES``, every one another sound, from high to low.

    Args:
        kit: has a low tom, and a high or a mid one.
        cache: its sounds.
        rng: chooses among notes and alternatives.
    """
    found = {}
    for piece in TOM_PIECES:
        notes = [note for note in TOM_NOTES[piece] if note in kit.notes]
        if notes:
            note = notes[int(rng.integers(len(notes)))]
            found[piece] = NoteSource(note, draw_alternative(kit, note, rng))
    sounds = {piece: _sound_of(kit, source, cache) for piece, source in found.items()}
    hz = {piece: tone_hz(sound) for piece, sound in sounds.items()}
    if kit.kind != "acoustic" and len(found) == len(TOM_PIECES):
        # A machine's tones are pure: their pitch can be trusted to tell high from low.
        order = sorted(TOM_PIECES, key=lambda piece: -hz[piece])
        found = {piece: found[other] for piece, other in zip(TOM_PIECES, order, strict=True)}
        sounds = {piece: sounds[other] for piece, other in zip(TOM_PIECES, order, strict=True)}
        hz = {piece: hz[other] for piece, other in zip(TOM_PIECES, order, strict=True)}
    return _told_apart(found, sounds, hz)


def draw_alternative(kit: SampleKit, note: int, rng: np.random.Generator) -> str | None:
    """One of a machine's sounds of a note, which differ; ``None`` for round robins."""
    layers = kit.notes[note]
    if kit.kind == "acoustic" or len(layers) > 1 or len(layers[0].sounds) == 1:
        return None
    return layers[0].sounds[int(rng.integers(len(layers[0].sounds)))]


def _told_apart(
    found: Mapping[str, NoteSource], sounds: Mapping[str, OneShot], hz: Mapping[str, float]
) -> dict[str, NoteSource]:
    """Sources with a missing tom filled in, and one of two like ones retuned."""
    high_piece = "high_tom" if "high_tom" in found else "mid_tom"
    mid_piece = "mid_tom" if "mid_tom" in found else "high_tom"
    high, mid, low = found[high_piece], found[mid_piece], found["low_tom"]
    is_wide = hz[high_piece] > _WIDE_RATIO * hz["low_tom"]
    like_high = high_piece == mid_piece or alike(sounds[high_piece], sounds[mid_piece])
    like_low = alike(sounds[mid_piece], sounds["low_tom"])
    if like_high and is_wide and not like_low:
        mid = replace(mid, pitch=1 / _RETUNING)
    elif like_high:
        high = replace(high, pitch=_RETUNING)
    if like_low and is_wide and not like_high:
        mid = replace(mid, pitch=_RETUNING)
    elif like_low:
        low = replace(low, pitch=1 / _RETUNING)
    return dict(zip(TOM_PIECES, (high, mid, low), strict=True))


def _sound_of(kit: SampleKit, source: NoteSource, cache: OneShotCache) -> OneShot:
    """The sound of a hard hit."""
    return cache.get(kit.id, source.only or kit.notes[source.recorded][-1].sounds[0])


def tone_hz(sound: OneShot) -> float:
    """Frequency of the strongest partial between 45 and 450 Hz."""
    bins_hz = np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE)
    inside = (bins_hz > _TONE_HZ[0]) & (bins_hz < _TONE_HZ[1])
    return float(bins_hz[inside][np.argmax(_power(sound)[inside])])


def alike(first: OneShot, second: OneShot) -> bool:
    """Whether two sounds are the same, or so near that nobody could name them apart."""
    return float(_profile(first) @ _profile(second)) > _SAME_SOUND


def _power(sound: OneShot) -> Float64Array:
    samples = sound.samples[sound.onset : sound.onset + _N_HEARD]
    fading = np.hanning(2 * _N_HEARD)[_N_HEARD : _N_HEARD + len(samples)]
    return np.asarray(np.abs(np.fft.rfft(samples * fading, _N_FFT)) ** 2)


def _profile(sound: OneShot) -> Float64Array:
    """Amplitude in quarter tones from 40 Hz on, length 1 as a vector."""
    steps = np.arange(round(_N_OCTAVES * _BANDS_PER_OCTAVE) + 1)
    edges_hz = _LOWEST_HZ * 2 ** (steps / _BANDS_PER_OCTAVE)
    width_hz = SAMPLE_RATE / _N_FFT
    first = np.floor(edges_hz[:-1] / width_hz).astype(int)
    last = np.maximum(first + 1, np.floor(edges_hz[1:] / width_hz).astype(int))
    total = np.concatenate([[0.0], np.cumsum(_power(sound))])
    amplitude = np.sqrt(total[last] - total[first])
    return np.asarray(amplitude / (np.linalg.norm(amplitude) + 1e-12))
