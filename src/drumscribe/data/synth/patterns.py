"""The written grooves: what each limb plays in one bar.

A line is one bar of one articulation (a name from ``SYNTH_ARTICULATIONS``), a character per step:
``X`` accent, ``x`` plain, ``g`` ghost note, ``.`` rest. All lines of a groove have the same number
of steps. The verse keeps time on the hi-hat, the chorus on the ride.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Lines = Mapping[str, str]
"""Name of an articulation to its steps of one bar."""


@dataclass(frozen=True)
class Groove:
    """One written groove.

    Attributes:
        style: as in E-GMD's csv, ``family/variety``.
        metre: (numerator, denominator).
        bpm: slowest and fastest tempo, quarter notes a minute.
        verse: one bar with hi-hat; some stroke of the hi-hat, the kick and the snare are in it.
        chorus: one bar with ride; it and the kick are in the first half.
        swing: how late every second step comes, as a share of a step, 0..0.5.
    """

    style: str
    metre: tuple[int, int]
    bpm: tuple[int, int]
    verse: Lines
    chorus: Lines
    swing: float = 0.0


GROOVES: tuple[Groove, ...] = (
    Groove(
        "rock",
        (4, 4),
        (90, 150),
        verse={
            "kick": "X.......X.x.....",
            "snare": "....X.......X...",
            "hihat_closed": "X.x.X.x.X.x.X...",
            "hihat_open": "..............X.",
        },
        chorus={
            "kick": "X.....x.X.x.....",
            "snare": "....X.......X...",
            "ride": "X.x.X.x.X.x.X.x.",
            "hihat_pedal": "....x.......x...",
        },
    ),
    Groove(
        "funk/ghost",
        (4, 4),
        (86, 118),
        verse={
            "kick": "X..x..x...x..x..",
            "snare": "....X..g.g.gX..g",
            "hihat_closed": "X.x.X.x.X.x.X.x.",
        },
        chorus={
            "kick": "X..x......x..x..",
            "snare": ".g..X..g.g..X..g",
            "ride": "X.x.x.x.X.x.x.x.",
            "ride_bell": "..X...X...X...X.",
            "hihat_pedal": "....x.......x...",
        },
        swing=0.12,
    ),
    Groove(
        "rock/shuffle",
        (4, 4),
        (90, 135),
        verse={
            "kick": "X.....X....x",
            "snare": "...X.g...X.g",
            "hihat_closed": "X.xX.xX.xX.x",
        },
        chorus={
            "kick": "X....xX.....",
            "snare": "...X.....X..",
            "ride": "X.xX.xX.xX.x",
            "hihat_pedal": "...x.....x..",
        },
    ),
    Groove(
        "pop/ballad",
        (6, 8),
        (70, 105),
        verse={
            "kick": "X.......x...",
            "snare": "......X.....",
            "hihat_closed": "X.x.x.X.x.x.",
        },
        chorus={
            "kick": "X...x.....x.",
            "snare": "......X.....",
            "ride": "X.x.x.X.x.x.",
            "hihat_pedal": "......x.....",
        },
    ),
    Groove(
        "rock/toms",
        (4, 4),
        (80, 140),
        verse={
            "kick": "X.....x.X.....x.",
            "snare": "....X.......X...",
            "low_tom": "X.x.x.x.X.x.x...",
            "mid_tom": "......X.......X.",
            "hihat_pedal": "....x.......x...",
        },
        chorus={
            "kick": "X.....x.X.....x.",
            "snare": "....X.......X...",
            "high_tom": "...x......x.....",
            "ride_bell": "X...X...X...X...",
            "hihat_pedal": "..x...x...x...x.",
        },
    ),
    Groove(
        "jazz/swing",
        (4, 4),
        (110, 170),
        verse={
            "kick": "g..g..g..g..",
            "snare": ".....g.....g",
            "hihat_closed": "...X.x...X.x",
            "hihat_open": "x.....x.....",
        },
        chorus={
            "kick": "g..g..g..x..",
            "snare": "..g..x....g.",
            "ride": "X..X.xX..X.x",
            "hihat_pedal": "...X.....X..",
        },
    ),
    Groove(
        "rock/halftime",
        (4, 4),
        (100, 150),
        verse={
            "kick": "X..x......x...x.",
            "snare": "........X......g",
            "hihat_closed": "X.x.X.x.X.x.X.x.",
        },
        chorus={
            "kick": "X.....x....x....",
            "snare": "........X.......",
            "ride_edge": "X...X...X...X...",
            "hihat_pedal": "....x...x...x...",
        },
    ),
    Groove(
        "latin/bossa",
        (4, 4),
        (110, 150),
        verse={
            "kick": "X.....xxX.....xx",
            "side_stick": "X.....X.....X...",
            "hihat_closed": "x.x.x.x.x.x.x.x.",
            "snare": "...........g....",
        },
        chorus={
            "kick": "X.....xxX.....xx",
            "side_stick": "....X.....X.....",
            "ride": "x.x.x.x.x.x.x.x.",
            "hihat_pedal": "....x.......x...",
        },
    ),
    Groove(
        "dance/disco",
        (4, 4),
        (112, 130),
        verse={
            "kick": "X...X...X...X...",
            "snare": "....X.......X...",
            "hihat_closed": "xx..xx..xx..xx..",
            "hihat_open": "..X...X...X...X.",
        },
        chorus={
            "kick": "X...X...X...X...",
            "snare": "....X.......X.g.",
            "ride_bell": "..X...X...X...X.",
            "ride": "x...x...x...x...",
            "hihat_pedal": "..x...x...x...x.",
        },
    ),
    Groove(
        "jazz/waltz",
        (3, 4),
        (100, 160),
        verse={
            "kick": "X........",
            "snare": "...g..x.g",
            "hihat_closed": "x..X.xX..",
        },
        chorus={
            "kick": "X.......x",
            "snare": ".....gx..",
            "ride": "X..X.xX..",
            "hihat_pedal": "...x..x..",
        },
    ),
    Groove(
        "punk",
        (4, 4),
        (145, 170),
        verse={
            "kick": "X...x.x.X...x.x.",
            "snare": "..X...X...X...X.",
            "hihat_open": "X.x.X.x.X.x.....",
            "hihat_closed": "............X.x.",
        },
        chorus={
            "kick": "X.x.X.x.X.x.X.x.",
            "snare": "..X...X...X...X.",
            "ride_edge": "X...X...X...X...",
            "hihat_pedal": "....x.......x...",
        },
    ),
    Groove(
        "hiphop",
        (4, 4),
        (72, 98),
        verse={
            "kick": "X.....xx..X.....",
            "snare": "....X..g....X..g",
            "hihat_closed": "x.xxx.x.x.xxx...",
            "hihat_open": "..............x.",
        },
        chorus={
            "kick": "X.x....x..X..x..",
            "side_stick": "....X.......X...",
            "ride": "x.x.x.x.x.x.x.x.",
            "hihat_pedal": "....x.......x...",
        },
        swing=0.2,
    ),
    Groove(
        "blues/slow",
        (6, 8),
        (75, 110),
        verse={
            "kick": "X.........x.",
            "side_stick": "......X.....",
            "hihat_closed": "X.x.x.X.x.x.",
            "snare": "...........g",
        },
        chorus={
            "kick": "X.....x.x...",
            "snare": "......X...g.",
            "ride": "X.x.x.X.x.x.",
            "hihat_pedal": "......x.....",
        },
    ),
)
