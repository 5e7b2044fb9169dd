"""Hits on a drum set as samples, every hit exactly on its sample.

The hi-hat is one pair of cymbals: a stroke that shuts it cuts the ringing of an open one, and each
stroke takes over from the last. Other cymbals ring on over each other; the voices of a drum machine
cut themselves. What is needed to tell which hits can be heard is kept beside the sound, so that no
label stands where there is nothing to hear.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.data.render.articulations import ARTICULATION_BY_NOTE, CYMBAL_GROUPS, GROUPS
from drumscribe.data.render.audibility import Audibility
from drumscribe.data.render.drumset import Drumset
from drumscribe.data.render.sounds import SoundBank, Strike
from drumscribe.timing import seconds_to_samples
from drumscribe.utils.arrays import FloatArray

_SHUT_FADE_S = (0.012, 0.04)
_RESTRIKE_FADE_S = 0.08
_MACHINE_FADE_S = 0.004
_DAMP_FADE_S = 0.06


@dataclass(frozen=True, slots=True)
class PlacedHit:
    """A hit on the recording's clock: sample of its audible start, note played, velocity 1..127."""

    start: int
    note: int
    velocity: int


@dataclass(frozen=True)
class DrumMix:
    """What a drum set was heard to play.

    Attributes:
        buses: samples of each group of pieces, shape (n_samples,) each.
        audibility: of each hit, in order.
    """

    buses: dict[str, FloatArray]
    audibility: Audibility


@dataclass(slots=True)
class _Cut:
    """Where a sound is cut short: the first sample of a fade, and its length."""

    start: int
    n_fade: int


def mix_hits(
    hits: Sequence[PlacedHit],
    bank: SoundBank,
    *,
    n_samples: int,
    rng: np.random.Generator,
    damped_at: Sequence[int] = (),
    damped_groups: Collection[str] = CYMBAL_GROUPS,
) -> DrumMix:
    """Play hits.

    Args:
        hits: in order of time; those outside 0..n_samples - 1 are not heard.
        bank: the sounds of the drum set.
        n_samples: length of the result.
        rng: draws what differs from hit to hit.
        damped_at: samples at which a player's hands end what rings, in order.
        damped_groups: the groups of pieces that they end.

    Returns:
        The buses of all groups, at the levels of the drum set.
    """
    buses = {group: np.zeros(n_samples, np.float32) for group in GROUPS}
    audibility = Audibility(n_samples)
    strikes = [bank.strike(hit.note, hit.velocity, rng) for hit in hits]
    hands = {group: damped_at for group in damped_groups}
    cuts = _cuts(hits, bank.drumset, rng, hands)
    for hit, strike, cut in zip(hits, strikes, cuts, strict=True):
        _add(buses[ARTICULATION_BY_NOTE[hit.note].group], hit.start, strike, cut)
        n_sounding = None if cut is None else cut.start - hit.start
        audibility.add(hit.start, strike.sound.band_energy, strike.gain, n_sounding)
    return DrumMix(buses, audibility)


def _cuts(
    hits: Sequence[PlacedHit],
    drumset: Drumset,
    rng: np.random.Generator,
    hands: Mapping[str, Sequence[int]],
) -> list[_Cut | None]:
    """Where each hit's sound is cut, going backwards through time; ``hands`` by group."""
    n_shut = seconds_to_samples(rng.uniform(*_SHUT_FADE_S))
    n_restrike = seconds_to_samples(_RESTRIKE_FADE_S)
    n_machine = seconds_to_samples(_MACHINE_FADE_S)
    n_damp = seconds_to_samples(_DAMP_FADE_S)
    cuts: list[_Cut | None] = [None] * len(hits)
    following: dict[str, _Cut] = {}
    for index in reversed(range(len(hits))):
        hit = hits[index]
        how = ARTICULATION_BY_NOTE[hit.note]
        cut = following.get(how.piece)
        damped_at = hands.get(how.group, ())
        damp = int(np.searchsorted(damped_at, hit.start, side="right"))
        if damp < len(damped_at) and (cut is None or damped_at[damp] < cut.start):
            cut = _Cut(damped_at[damp], n_damp)
        cuts[index] = cut
        if how.piece == "hihat":
            following["hihat"] = _Cut(hit.start, n_restrike if how.is_open else n_shut)
        elif drumset.kits[how.group].kind == "electronic":
            following[how.piece] = _Cut(hit.start, n_machine)
    return cuts


def _add(bus: FloatArray, start: int, strike: Strike, cut: _Cut | None) -> None:
    """Add a strike to its bus, in place, its onset on sample ``start``."""
    sound = strike.sound
    begin = start - sound.onset
    end = min(len(bus), begin + len(sound.samples))
    if cut is not None:
        end = min(end, cut.start + cut.n_fade)
    first = max(0, begin)
    if end <= first:
        return
    span = slice(first - begin, end - begin)
    heard = sound.samples[span] * np.float32(strike.gain * (1 - strike.dullness))
    if strike.dullness > 0:
        heard += sound.dull[span] * np.float32(strike.gain * strike.dullness)
    if cut is not None and end > cut.start:
        fade = np.linspace(1, 0, cut.n_fade + 1, dtype=np.float32)[1:]
        begin_fade = max(first, cut.start)
        heard[begin_fade - first :] *= fade[begin_fade - cut.start : end - cut.start]
    bus[first:end] += heard
