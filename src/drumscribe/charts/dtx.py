"""A game chart as ``.dtx`` for DTXMania: ten lanes, bars, tempos, and the song behind them.

A quarter is 96 slots, so a hit is at most 1/192 of a quarter from where it was heard: 2.6 ms at
120 beats a minute. The song itself (``bgm.ogg``) makes the sound; hits have none of their own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import gcd
from pathlib import Path

from drumscribe.charts.game_chart import GameChart, Note
from drumscribe.charts.reduction import EXPERT
from drumscribe.charts.song_info import SongInfo
from drumscribe.data.tick_grid import TickGrid, tick_grid
from drumscribe.utils.errors import DrumscribeError, naming
from drumscribe.utils.files import atomic_path

TICKS_PER_QUARTER = 96

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BGM_CHANNEL, _LENGTH_CHANNEL, _TEMPO_CHANNEL = "01", "02", "08"
_CHANNELS = {
    "kick": "13",
    "snare": "12",
    "hihat": "11",
    "hihat_open": "18",
    "hihat_pedal": "1B",
    "high_tom": "14",
    "mid_tom": "15",
    "low_tom": "17",
    "crash": "16",
    "ride": "19",
}
_SECOND_KICK_CHANNEL = "1C"
_BGM_ID, _SILENT_ID = "01", "02"
_MAX_TEMPOS = 36 * 36 - 1
_MAX_BARS = 36 * 100
_BAR_TOLERANCE_S = 0.002
_BPM_DIGITS = 4
_BPM_LIMITS = (1.0, 9999.0)
_ENCODING = "cp932"  # what the game reads


def write_dtx(
    chart: GameChart,
    path: Path,
    info: SongInfo,
    *,
    level: str = EXPERT,
    audio: str = "bgm.ogg",
    rating: int = 0,
) -> None:
    """Write one level of the chart.

    Args:
        chart: what to play.
        path: the file to write.
        info: names of the song.
        level: the level's name.
        audio: the song's file beside ``path``, with the chart's silence before it.
        rating: how hard it is, 0..100.

    Raises:
        DrumscribeError: when it cannot be written, or has too many bars.
    """
    grid = _grid(chart)
    lines = [
        f"#TITLE: {info.title}",
        f"#ARTIST: {info.artist}",
        f"#DLEVEL: {rating}",
        f"#BPM: {_bpm(grid.tempo_changes[0].seconds_per_quarter)}",
        f"#WAV{_BGM_ID}: {audio}",
    ]
    with naming(str(path)):
        lines += _bars(grid, chart.lane_levels[level], float(chart.grid.seconds(chart.end_tick)))
    write_dtx_lines(path, lines)


def write_dtx_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines as DTXMania reads its files, in Shift-JIS; what it lacks is a question mark.

    A semicolon would begin a comment, so its full-width form stands for it.

    Raises:
        DrumscribeError: when it cannot be written.
    """
    text = "".join(f"{' '.join(line.split())}\r\n" for line in lines).replace(";", "\uff1b")
    with atomic_path(path) as temporary:
        temporary.write_bytes(text.encode(_ENCODING, errors="replace"))


def _grid(chart: GameChart) -> TickGrid:
    """The song's ticks with no more tempos than the format has names for."""
    tolerance_s = _BAR_TOLERANCE_S
    while True:
        grid = tick_grid(
            chart.tempo,
            ticks_per_quarter=TICKS_PER_QUARTER,
            round_tempo=lambda spq: 60.0 / _bpm(spq),
            bar_tolerance_s=tolerance_s,
        )
        if len({change.seconds_per_quarter for change in grid.tempo_changes}) <= _MAX_TEMPOS:
            return grid
        tolerance_s *= 2


def _bpm(seconds_per_quarter: float) -> float:
    """Quarters a minute as the file says them; the most where no time at all is left for one."""
    low, high = _BPM_LIMITS
    return round(60.0 / min(max(seconds_per_quarter, 60.0 / high), 60.0 / low), _BPM_DIGITS)


def _bars(grid: TickGrid, notes: Sequence[Note], end_s: float) -> list[str]:
    """The lines that say what is in each bar, and the tempos they name."""
    bpms = [_bpm(change.seconds_per_quarter) for change in grid.tempo_changes]
    names = {bpm: _base36(index) for index, bpm in enumerate(dict.fromkeys(bpms), 1)}
    chips: dict[str, dict[int, str]] = defaultdict(dict)
    for change, bpm in zip(grid.tempo_changes, bpms, strict=True):
        chips[_TEMPO_CHANNEL][change.tick] = names[bpm]
    chips[_BGM_CHANNEL][0] = _BGM_ID
    for note, tick in zip(
        notes, grid.ticks([note.hit.onset_s for note in notes]).tolist(), strict=True
    ):
        chips[_channel(note)][tick] = _SILENT_ID
    last_tick = max([int(grid.ticks(end_s)), *(max(ticks) for ticks in chips.values())])
    lines = [f"#BPM{name}: {bpm}" for bpm, name in names.items()]
    bars = grid.bar_ticks(last_tick)
    if len(bars) > _MAX_BARS:
        raise DrumscribeError(
            f"has {len(bars)} bars, and DTXMania numbers no more than {_MAX_BARS}; cut the song"
        )
    ends = [*bars[1:], bars[-1] + _bar_length(grid, bars[-1])]
    for index, (start, end) in enumerate(zip(bars, ends, strict=True)):
        length = (end - start) / (4 * TICKS_PER_QUARTER)
        lines.append(f"#{_measure(index)}{_LENGTH_CHANNEL}: {length:.6f}")
        for channel, ticks in chips.items():
            within = {tick - start: name for tick, name in ticks.items() if start <= tick < end}
            if within:
                lines.append(f"#{_measure(index)}{channel}: {_slots(within, end - start)}")
    return lines


def _bar_length(grid: TickGrid, tick: int) -> int:
    """Ticks of the bar that begins at ``tick``."""
    metre = [metre for metre in grid.metre_changes if metre.tick <= tick][-1]
    return grid.ticks_per_quarter * 4 * metre.numerator // metre.denominator


def _channel(note: Note) -> str:
    if note.hit.is_second_kick:
        return _SECOND_KICK_CHANNEL
    return _CHANNELS.get(note.hit.drum, _CHANNELS[note.hit.lane])


def _slots(names: dict[int, str], length: int) -> str:
    """Two characters for each of as few equal parts of a bar as its chips stand on."""
    step = gcd(length, *names)
    return "".join(names.get(slot, "00") for slot in range(0, length, step))


def _measure(index: int) -> str:
    """Three characters; from 1000 on the first is a letter."""
    return f"{_DIGITS[index // 100]}{index % 100:02d}"


def _base36(number: int) -> str:
    return _DIGITS[number // 36] + _DIGITS[number % 36]
