"""A groove to chart."""

from collections.abc import Callable

import pytest

from drumscribe.events import DrumEvent


@pytest.fixture
def rock() -> Callable[..., list[DrumEvent]]:
    """Bars of rock with a fill in every fourth, at a steady 100 beats a minute."""

    def make(n_bars: int = 8, *, bpm: float = 100.0, first_s: float = 0.0) -> list[DrumEvent]:
        step_s = 60.0 / bpm / 4
        hits: list[tuple[int, str, int]] = []
        for bar in range(n_bars):
            start = 16 * bar
            hits += [(start + at, "hihat", 90 if at % 4 == 0 else 60) for at in range(0, 16, 2)]
            hits += [(start + at, "kick", 110) for at in (0, 7, 8)]
            hits += [(start + at, "snare", 115) for at in (4, 12)] + [(start + 9, "snare", 30)]
            if bar % 4 == 0:
                hits = [hit for hit in hits if hit[:2] != (start, "hihat")]
                hits.append((start, "crash", 120))
            if bar % 4 == 3:
                toms = ("high_tom", "high_tom", "mid_tom", "low_tom")
                hits += [(start + 12 + at, tom, 100) for at, tom in enumerate(toms)]
        return sorted(DrumEvent(first_s + at * step_s, drum, v) for at, drum, v in hits)

    return make
