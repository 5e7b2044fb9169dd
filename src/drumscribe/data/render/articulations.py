"""Which recorded sound each note plays: the strokes of a drum module on whatever a kit has.

Notes played are a Roland module's (see ``drums.py``); notes recorded are General MIDI's, where 41,
43 are low toms, 45, 47 mid toms and 48, 50 high toms, 52 is a china and 55 a splash.
"""

from dataclasses import dataclass

GROUPS = ("kick", "snare", "hihat", "toms", "crashes", "ride")
"""Pieces that come from one kit together, are tuned together and share a bus."""

CYMBAL_GROUPS = ("hihat", "crashes", "ride")
"""Those of ``GROUPS`` that a hand can damp."""


@dataclass(frozen=True, slots=True)
class Articulation:
    """One way of striking one piece.

    Attributes:
        piece: the instrument ("hihat"); pieces of a kit choke and ring separately.
        group: one of ``GROUPS``.
        recorded: recorded notes that will do, best first.
        gain_db: what to add when it is struck so.
        is_open: whether it leaves a hi-hat open to ring.
    """

    piece: str
    group: str
    recorded: tuple[int, ...]
    gain_db: float = 0.0
    is_open: bool = False


_ARTICULATIONS: dict[tuple[int, ...], Articulation] = {
    (36, 35): Articulation("kick", "kick", (36, 35)),
    (38,): Articulation("snare", "snare", (38, 40)),
    (40, 39): Articulation("snare", "snare", (40, 38), 1.0),
    (37,): Articulation("side_stick", "snare", (37,)),
    (42, 54): Articulation("hihat", "hihat", (42, 44)),
    (22,): Articulation("hihat", "hihat", (22, 42, 44), 2.0),
    (46,): Articulation("hihat", "hihat", (46, 26), is_open=True),
    (26,): Articulation("hihat", "hihat", (46, 26), 2.0, is_open=True),
    (44,): Articulation("hihat", "hihat", (44, 42), -2.0),
    (48,): Articulation("high_tom", "toms", (48, 50)),
    (50,): Articulation("high_tom", "toms", (50, 48), 1.0),
    (45,): Articulation("mid_tom", "toms", (45, 47)),
    (47,): Articulation("mid_tom", "toms", (47, 45), 1.0),
    (43, 41): Articulation("low_tom", "toms", (43, 41)),
    (58,): Articulation("low_tom", "toms", (41, 43), 1.0),
    (49,): Articulation("crash", "crashes", (49, 57)),
    (55,): Articulation("crash", "crashes", (49, 57, 55), 1.0),
    (57,): Articulation("crash_2", "crashes", (57, 49)),
    (52,): Articulation("crash_2", "crashes", (57, 49, 52), 1.0),
    (51,): Articulation("ride", "ride", (51, 59)),
    (59,): Articulation("ride", "ride", (59, 51), 1.0),
    (53,): Articulation("bell", "ride", (53, 51, 59)),
}

ARTICULATION_BY_NOTE: dict[int, Articulation] = {
    note: articulation for notes, articulation in _ARTICULATIONS.items() for note in notes
}

SPECIAL_CRASHES: dict[int, int] = {55: 55, 52: 52}
"""Notes that in some recordings are a splash or a china rather than the edge of a crash."""

TOM_PIECES = ("high_tom", "mid_tom", "low_tom")
TOM_NOTES: dict[str, tuple[int, ...]] = {"high_tom": (50, 48), "mid_tom": (47, 45),
                                         "low_tom": (43, 41)}  # fmt: skip
"""Recorded notes of each tom."""

NEEDED: dict[str, tuple[tuple[int, ...], ...]] = {
    "kick": ((36, 35),),
    "snare": ((38, 40),),
    "hihat": ((42,), (46, 26)),
    "toms": (TOM_NOTES["high_tom"] + TOM_NOTES["mid_tom"], TOM_NOTES["low_tom"]),
    "crashes": ((49, 57),),
    "ride": ((51, 59),),
}
"""What a kit must have recorded, one of each, to supply a group."""

TYPICAL_LEVEL_DB = {
    "kick": -12.0,
    "snare": -14.0,
    "side_stick": -22.0,
    "hihat": -27.0,
    "high_tom": -14.0,
    "mid_tom": -14.0,
    "low_tom": -13.0,
    "crash": -20.0,
    "crash_2": -20.0,
    "ride": -27.0,
    "bell": -26.0,
}
"""RMS of the first 100 ms of a hard hit in dB of full scale: the median of 108 kits, roughly."""
