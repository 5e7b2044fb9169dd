"""The drum set of one recording: which kit each piece comes from, and how it is treated.

A kit seldom has everything, so groups of pieces are borrowed from other kits; sometimes they are
mixed on purpose. Levels, tuning and damping are drawn per recording. What a note sounds like is
then a ``DrumVoice``, whose sounds are prepared when they are first struck.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.data.render.articulations import (
    ARTICULATION_BY_NOTE,
    CYMBAL_GROUPS,
    GROUPS,
    NEEDED,
    SPECIAL_CRASHES,
    Articulation,
)
from drumscribe.data.render.render_config import KitConfig
from drumscribe.data.render.sample_kits import OneShotCache, SampleKit
from drumscribe.data.render.toms import NoteSource, draw_alternative, draw_toms
from drumscribe.utils.errors import DrumscribeError

_FAMILIES = ("fluid", "timgm", "csound", "gogodze2", "avl", "was")
# Their ride is their crash again, their crash their closed hi-hat.
_UNFIT = {("tr808_fischer", "ride"), ("sonicpi_electro", "crashes")}
_SPECIAL_CRASH = 0.3
_DRUM_DAMPING_S = (0.08, 0.5)
_CYMBAL_DAMPING_S = (0.25, 1.2)


@dataclass(frozen=True)
class DrumVoice:
    """What one note sounds like in this recording.

    Attributes:
        kit: where its sounds come from.
        recorded: the note of the kit.
        only: the one sound to play, of several that are different, or ``None`` for all.
        articulation: what is struck, and how.
        gain_db: drawn for the piece; the articulation's own gain included.
        pitch: factor on its frequencies.
        damping_s: time constant of an added decay, or ``None``.
    """

    kit: SampleKit
    recorded: int
    only: str | None
    articulation: Articulation
    gain_db: float
    pitch: float
    damping_s: float | None


@dataclass(frozen=True)
class Drumset:
    """All voices of a recording, and what is true of its whole set.

    Attributes:
        voices: by the note played.
        kits: the kit that each group comes from.
        dynamics: exponent between velocity and amplitude.
        layer_trust: 0..1, how far the levels of recorded layers are kept.
        level_pull: 0..1, how far levels are pulled to a usual kit's.
        hit_gain_db: standard deviation of a hit's gain.
        dullness: 0..1, of the softest hits.
    """

    voices: Mapping[int, DrumVoice]
    kits: Mapping[str, SampleKit]
    dynamics: float
    layer_trust: float
    level_pull: float
    hit_gain_db: float
    dullness: float

    @property
    def name(self) -> str:
        """The kits it is made of, the main one first."""
        return "+".join(dict.fromkeys(kit.id for kit in self.kits.values()))


def assemble_drumset(
    kits: Sequence[SampleKit],
    cache: OneShotCache,
    config: KitConfig,
    rng: np.random.Generator,
    *,
    main: SampleKit | None = None,
) -> Drumset:
    """Draw a drum set.

    Args:
        kits: the kits to choose from; together they must be able to play everything.
        cache: their sounds.
        config: the probabilities.
        rng: decides everything.
        main: the kit to use for whatever it has; drawn when ``None``.
    """
    group_kits = _draw_group_kits(kits, config, rng, main)
    # A generator of its own, so that the range leaves all other draws alone.
    cymbals_db = float(rng.spawn(1)[0].uniform(*config.cymbal_level_db))
    voices: dict[int, DrumVoice] = {}
    for group in GROUPS:
        level_db = cymbals_db if group in CYMBAL_GROUPS else 0.0
        voices |= _group_voices(group, group_kits[group], level_db, cache, config, rng)
    if 37 not in voices:
        voices[37] = _borrowed_side_stick(kits, voices[38], rng)
    is_machine = group_kits["kick"].kind == "electronic"
    return Drumset(
        voices=voices,
        kits=group_kits,
        dynamics=rng.uniform(*config.dynamics),
        layer_trust=rng.uniform(*config.layer_trust),
        level_pull=config.level_pull,
        hit_gain_db=config.hit_gain_db * (0.3 if is_machine else 1.0),
        dullness=rng.uniform(*config.velocity_dullness) * (0.3 if is_machine else 1.0),
    )


def can_supply(kit: SampleKit, group: str) -> bool:
    """Whether ``kit`` has recorded what ``group`` needs."""
    return (kit.id, group) not in _UNFIT and all(
        any(note in kit.notes for note in notes) for notes in NEEDED[group]
    )


def require_complete(kits: Sequence[SampleKit]) -> None:
    """Refuse kits that cannot play everything even together.

    Raises:
        DrumscribeError: naming what is missing.
    """
    missing = [group for group in GROUPS if not any(can_supply(kit, group) for kit in kits)]
    if not any(37 in kit.notes for kit in kits):
        missing.append("side stick")
    if missing:
        raise DrumscribeError(f"the kits together lack {', '.join(missing)}; add a kit with them")


def _draw_group_kits(
    kits: Sequence[SampleKit],
    config: KitConfig,
    rng: np.random.Generator,
    main: SampleKit | None,
) -> dict[str, SampleKit]:
    """The kit of each group."""
    wants_acoustic = rng.random() < config.acoustic_share
    if main is not None:
        wants_acoustic = main.kind != "electronic"
    alike = [kit for kit in kits if (kit.kind != "electronic") == wants_acoustic] or list(kits)
    able = [kit for kit in alike if can_supply(kit, "kick") and can_supply(kit, "snare")]
    if main is None:
        main = _draw_kit(able or kits, rng)
    mixes = rng.random() < config.mixing
    group_kits = {}
    for group in GROUPS:
        replaced = mixes and rng.random() < config.group_mixing
        if can_supply(main, group) and not replaced:
            group_kits[group] = main
            continue
        pool = [kit for kit in alike if can_supply(kit, group)]
        if not pool or rng.random() < 0.15:
            pool = [kit for kit in kits if can_supply(kit, group)]
        group_kits[group] = _draw_kit(pool, rng)
    return group_kits


def _draw_kit(kits: Sequence[SampleKit], rng: np.random.Generator) -> SampleKit:
    """A kit; rich kits more often, and the many near-copies in a family less."""
    families = [_family(kit) for kit in kits]
    weights = [
        np.sqrt(kit.n_sounds / families.count(family))
        for kit, family in zip(kits, families, strict=True)
    ]
    total = sum(weights)
    return kits[int(rng.choice(len(kits), p=[weight / total for weight in weights]))]


def _family(kit: SampleKit) -> str:
    prefix = kit.id.split("_")[0]
    return prefix if prefix in _FAMILIES else kit.id


def _group_voices(
    group: str,
    kit: SampleKit,
    level_db: float,
    cache: OneShotCache,
    config: KitConfig,
    rng: np.random.Generator,
) -> dict[int, DrumVoice]:
    """The voices of one group of pieces, all of one kit, around ``level_db`` against its own."""
    semitones = rng.normal(0, config.tune_semitones) if rng.random() < config.tune else 0.0
    pitch = float(2 ** (np.clip(semitones, -5, 5) / 12))
    damps = rng.random() < config.damping
    limits_s = _CYMBAL_DAMPING_S if group in CYMBAL_GROUPS else _DRUM_DAMPING_S
    damping_s = float(np.exp(rng.uniform(*np.log(limits_s)))) if damps else None
    group_gain_db = level_db + rng.normal(0, config.level_spread_db)
    chosen = _note_sources(group, kit, cache, rng)
    piece_gains_db = {
        piece: rng.normal(0, config.level_spread_db / 2)
        for piece in sorted({ARTICULATION_BY_NOTE[note].piece for note in chosen})
    }
    voices = {}
    for note, source in chosen.items():
        how = ARTICULATION_BY_NOTE[note]
        gain_db = float(group_gain_db + piece_gains_db[how.piece] + how.gain_db)
        voices[note] = DrumVoice(
            kit, source.recorded, source.only, how, gain_db, pitch * source.pitch, damping_s
        )
    return voices


def _note_sources(
    group: str, kit: SampleKit, cache: OneShotCache, rng: np.random.Generator
) -> dict[int, NoteSource]:
    """What each note of a group plays, for the notes that the kit can play."""
    if group == "toms":
        toms = draw_toms(kit, cache, rng)
        return {
            note: toms[how.piece]
            for note, how in ARTICULATION_BY_NOTE.items()
            if how.group == "toms"
        }
    special = {
        note: recorded
        for note, recorded in SPECIAL_CRASHES.items()
        if recorded in kit.notes and rng.random() < _SPECIAL_CRASH
    }
    only = {note: draw_alternative(kit, note, rng) for note in sorted(kit.notes)}
    chosen = {}
    for note, how in ARTICULATION_BY_NOTE.items():
        if how.group != group:
            continue
        found = special.get(note) or next((n for n in how.recorded if n in kit.notes), None)
        if found is not None:  # only the side stick may be missing
            chosen[note] = NoteSource(found, only[found])
    return chosen


def _borrowed_side_stick(
    kits: Sequence[SampleKit], snare: DrumVoice, rng: np.random.Generator
) -> DrumVoice:
    """A side stick from a kit that has one, at the snare's gain."""
    pool = [kit for kit in kits if 37 in kit.notes]
    return DrumVoice(
        _draw_kit(pool, rng), 37, None, ARTICULATION_BY_NOTE[37], snare.gain_db, 1.0, None
    )
