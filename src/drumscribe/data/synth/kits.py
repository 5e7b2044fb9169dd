"""The synthetic kits, and how the notes of a Roland TD-17 strike their pieces.

A kit is data: the parameters of its nine pieces. Six are designed by hand; kits of higher
numbers are variations of them, so that there are as many as E-GMD has. A drum of the kit tables
that none of the nine is gets a piece that is made up.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from drumscribe.data.synth.pieces import Piece
from drumscribe.drums import LANES8, Kit

_FIRST_NUMBER = 101  # E-GMD's own kits end at 58; a file name tells the two apart
_VARIATION_SEED = 17


@dataclass(frozen=True, slots=True)
class SynthArticulation:
    """One way of striking one piece.

    Attributes:
        name: short name, used in patterns ("hihat_open_edge").
        piece: an attribute of ``SynthKit`` ("hihat"), or the lane whose made-up piece it is.
        manner: how it is struck ("open_edge").
        notes: MIDI notes that mean it; the first is written.
    """

    name: str
    piece: str
    manner: str
    notes: tuple[int, ...]


SYNTH_ARTICULATIONS: tuple[SynthArticulation, ...] = (
    SynthArticulation("kick", "kick", "head", (36, 35)),
    SynthArticulation("snare", "snare", "head", (38,)),
    SynthArticulation("snare_rim", "snare", "rim", (40, 39)),
    SynthArticulation("side_stick", "snare", "cross_stick", (37,)),
    SynthArticulation("hihat_closed", "hihat", "closed", (42, 54)),
    SynthArticulation("hihat_closed_edge", "hihat", "closed_edge", (22,)),
    SynthArticulation("hihat_open", "hihat", "open", (46,)),
    SynthArticulation("hihat_open_edge", "hihat", "open_edge", (26,)),
    SynthArticulation("hihat_pedal", "hihat", "pedal", (44,)),
    SynthArticulation("high_tom", "high_tom", "head", (48,)),
    SynthArticulation("high_tom_rim", "high_tom", "rim", (50,)),
    SynthArticulation("mid_tom", "mid_tom", "head", (45,)),
    SynthArticulation("mid_tom_rim", "mid_tom", "rim", (47,)),
    SynthArticulation("low_tom", "low_tom", "head", (43, 41)),
    SynthArticulation("low_tom_rim", "low_tom", "rim", (58,)),
    SynthArticulation("crash", "crash", "bow", (49,)),
    SynthArticulation("crash_edge", "crash", "edge", (55,)),
    SynthArticulation("crash_2", "crash_2", "bow", (57,)),
    SynthArticulation("crash_2_edge", "crash_2", "edge", (52,)),
    SynthArticulation("ride", "ride", "bow", (51,)),
    SynthArticulation("ride_edge", "ride", "edge", (59,)),
    SynthArticulation("ride_bell", "ride", "bell", (53,)),
)

SYNTH_ARTICULATION_BY_NAME: dict[str, SynthArticulation] = {
    articulation.name: articulation for articulation in SYNTH_ARTICULATIONS
}
SYNTH_ARTICULATION_BY_NOTE: dict[int, SynthArticulation] = {
    note: articulation for articulation in SYNTH_ARTICULATIONS for note in articulation.notes
}


def made_up_articulations(drums: Kit) -> tuple[SynthArticulation, ...]:
    """One for each lane of ``drums`` beyond the eight whose note no written articulation plays."""
    written = {articulation.notes[0] for articulation in SYNTH_ARTICULATIONS}
    return tuple(
        SynthArticulation(
            drum.name,
            drum.name,
            "struck",
            (drum.note_written, *(set(drum.notes_read) - {drum.note_written})),
        )
        for drum in drums.other_lanes
        if drum.note_written not in written
    )


@dataclass(frozen=True)
class SynthKit:
    """One kit: its number in file names, its name in the csv, its pieces, and what is made up."""

    number: int
    name: str
    kick: Piece
    snare: Piece
    hihat: Piece
    high_tom: Piece
    mid_tom: Piece
    low_tom: Piece
    crash: Piece
    crash_2: Piece
    ride: Piece
    made_up: tuple[SynthArticulation, ...] = field(default=(), kw_only=True)

    @cached_property
    def articulation_by_note(self) -> dict[int, SynthArticulation]:
        """What each MIDI note strikes; a note that a made-up piece reads is its alone."""
        made_up = {
            note: articulation for articulation in self.made_up for note in articulation.notes
        }
        return SYNTH_ARTICULATION_BY_NOTE | made_up

    def piece(self, articulation: SynthArticulation) -> Piece:
        """The piece that ``articulation`` strikes."""
        if articulation in self.made_up:
            return _made_up_piece(self.number, self.made_up.index(articulation))
        piece = getattr(self, articulation.piece)
        assert isinstance(piece, Piece)
        return piece


# Piece(pitch_hz, decay_s, brightness_hz, noise, level) in the order of SynthKit's fields.
_DESIGNS: dict[str, tuple[Piece, ...]] = {
    "Synth Rock": (
        Piece(58, 0.45, 3200, 0.5, 0.250),
        Piece(190, 0.26, 3800, 0.55, 0.180),
        Piece(420, 0.070, 8500, 0.5, 0.070),
        Piece(170, 0.60, 2200, 0.4, 0.200),
        Piece(125, 0.75, 2000, 0.4, 0.200),
        Piece(82, 0.95, 1800, 0.4, 0.210),
        Piece(310, 2.4, 5200, 0.75, 0.099),
        Piece(270, 2.8, 4400, 0.75, 0.099),
        Piece(2900, 1.6, 6000, 0.35, 0.070),
    ),
    "Synth Jazz": (
        Piece(74, 0.55, 1900, 0.25, 0.200),
        Piece(225, 0.34, 5000, 0.50, 0.152),
        Piece(380, 0.060, 7400, 0.6, 0.063),
        Piece(210, 0.70, 1900, 0.3, 0.180),
        Piece(155, 0.85, 1700, 0.3, 0.180),
        Piece(104, 1.10, 1500, 0.3, 0.190),
        Piece(250, 2.9, 4200, 0.70, 0.086),
        Piece(220, 3.2, 3600, 0.70, 0.086),
        Piece(2500, 2.2, 5200, 0.50, 0.077),
    ),
    "Synth Metal": (
        Piece(52, 0.28, 5200, 0.9, 0.260),
        Piece(205, 0.20, 4400, 0.60, 0.192),
        Piece(470, 0.055, 9500, 0.45, 0.070),
        Piece(160, 0.45, 3200, 0.6, 0.210),
        Piece(112, 0.55, 3000, 0.6, 0.210),
        Piece(70, 0.70, 2800, 0.6, 0.220),
        Piece(340, 1.9, 6200, 0.80, 0.106),
        Piece(300, 2.2, 5400, 0.80, 0.106),
        Piece(3300, 1.3, 7000, 0.30, 0.070),
    ),
    "Synth Tight Funk": (
        Piece(66, 0.25, 3600, 0.6, 0.240),
        Piece(250, 0.16, 5200, 0.60, 0.176),
        Piece(450, 0.045, 9800, 0.5, 0.070),
        Piece(200, 0.32, 2600, 0.5, 0.200),
        Piece(148, 0.38, 2400, 0.5, 0.200),
        Piece(96, 0.46, 2100, 0.5, 0.210),
        Piece(360, 1.5, 6400, 0.75, 0.092),
        Piece(320, 1.8, 5600, 0.75, 0.092),
        Piece(3100, 1.1, 6800, 0.30, 0.070),
    ),
    "Synth Electronic": (
        Piece(46, 0.80, 2400, 0.2, 0.260),
        Piece(180, 0.22, 3000, 0.70, 0.176),
        Piece(540, 0.050, 9000, 0.15, 0.070),
        Piece(185, 0.40, 1500, 0.1, 0.210),
        Piece(132, 0.46, 1400, 0.1, 0.210),
        Piece(92, 0.52, 1300, 0.1, 0.220),
        Piece(400, 1.6, 6800, 0.45, 0.092),
        Piece(350, 1.8, 6000, 0.45, 0.092),
        Piece(3500, 0.9, 7600, 0.20, 0.070),
    ),
    "Synth Garage": (
        Piece(62, 0.60, 2600, 0.4, 0.230),
        Piece(172, 0.42, 3200, 0.65, 0.184),
        Piece(350, 0.100, 6600, 0.65, 0.084),
        Piece(150, 0.90, 1700, 0.35, 0.200),
        Piece(114, 1.05, 1500, 0.35, 0.200),
        Piece(76, 1.30, 1400, 0.35, 0.210),
        Piece(230, 3.0, 4000, 0.85, 0.112),
        Piece(200, 3.3, 3500, 0.85, 0.112),
        Piece(2300, 2.4, 4800, 0.60, 0.084),
    ),
}


def synth_kit(index: int, drums: Kit = LANES8) -> SynthKit:
    """The kit number ``index``, 0..``N_KITS - 1``, that plays every lane of ``drums``.

    Always the same for the same index; what is made up changes none of the nine pieces.
    """
    names = tuple(_DESIGNS)
    design = names[index % len(names)]
    generation = index // len(names)
    pieces = _DESIGNS[design]
    number, made_up = _FIRST_NUMBER + index, made_up_articulations(drums)
    if generation == 0:
        return SynthKit(number, design, *pieces, made_up=made_up)
    rng = np.random.default_rng([_VARIATION_SEED, index])
    varied = _varied(pieces, rng)
    return SynthKit(number, f"{design} {generation + 1}", *varied, made_up=made_up)


def _made_up_piece(kit_number: int, index: int) -> Piece:
    """Something small that rings, a fourth above the one before it, within two octaves."""
    rng = np.random.default_rng([_VARIATION_SEED, kit_number, index])
    semitones = 5 * index % 24
    return Piece(
        pitch_hz=500 * 2 ** (semitones / 12) * rng.uniform(0.95, 1.05),
        decay_s=rng.uniform(0.2, 0.4),
        brightness_hz=rng.uniform(4500, 6500),
        noise=rng.uniform(0.1, 0.3),
        level=rng.uniform(0.10, 0.13),
    )


def _varied(pieces: tuple[Piece, ...], rng: np.random.Generator) -> list[Piece]:
    """The pieces somewhat retuned, damped and rebalanced."""
    # One factor tunes all the drums, so that the toms stay apart from each other.
    tuning = rng.uniform(0.88, 1.14)
    return [
        replace(
            piece,
            pitch_hz=piece.pitch_hz * tuning * rng.uniform(0.97, 1.03),
            decay_s=piece.decay_s * rng.uniform(0.75, 1.3),
            brightness_hz=piece.brightness_hz * rng.uniform(0.85, 1.2),
            noise=min(0.95, piece.noise * rng.uniform(0.7, 1.35)),
            level=piece.level * rng.uniform(0.8, 1.1),
        )
        for piece in pieces
    ]
