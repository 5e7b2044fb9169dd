"""What a person says about a recording's tempo and bars, as options have it."""

import math
from dataclasses import dataclass

from drumscribe.utils.errors import DrumscribeError

_TOLERANCE = 0.15
"""A drummer who is followed plays within this part of the tempo that was named."""

_BPM_RANGE = (10.0, 1000.0)
_NUMERATORS = range(1, 33)
_DENOMINATORS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class TempoHints:
    """What need not be found; ``None`` is found.

    Attributes:
        bpm: counts of the time signature a minute.
        follows_drummer: that ``bpm`` is only about right, and beats may be of different length.
        time_signature: as (numerator, denominator).
        first_beat_s: time of a downbeat in seconds.
    """

    bpm: float | None = None
    follows_drummer: bool = False
    time_signature: tuple[int, int] | None = None
    first_beat_s: float | None = None

    def tempo_range(self) -> tuple[float, float]:
        """Fewest and most counts a minute."""
        if self.bpm is None:
            return 0.0, math.inf
        return self.bpm * (1 - _TOLERANCE), self.bpm * (1 + _TOLERANCE)


NO_HINTS = TempoHints()


def tempo_hints(
    bpm: str | None, time_signature: str | None, first_beat_s: float | None
) -> TempoHints:
    """The hints that options give.

    Args:
        bpm: "120" for a constant tempo, "~120" for a drummer to follow about there.
        time_signature: "6/8".
        first_beat_s: time of a downbeat in seconds.

    Raises:
        DrumscribeError: naming the option that makes no sense.
    """
    if first_beat_s is not None and not (math.isfinite(first_beat_s) and first_beat_s >= 0):
        raise DrumscribeError(f"--first-beat {first_beat_s}: must be seconds from the start, >= 0")
    follows_drummer = bpm is not None and bpm.strip().startswith("~")
    return TempoHints(
        None if bpm is None else _bpm(bpm),
        follows_drummer,
        None if time_signature is None else _time_signature(time_signature),
        first_beat_s,
    )


def _bpm(text: str) -> float:
    try:
        value = float(text.strip().removeprefix("~"))
    except ValueError:
        value = math.nan
    if not _BPM_RANGE[0] <= value <= _BPM_RANGE[1]:
        raise DrumscribeError(
            f"--bpm {text}: must be {_BPM_RANGE[0]:g} to {_BPM_RANGE[1]:g} beats a minute, as 120, "
            "or ~120 to follow a drummer"
        )
    return value


def _time_signature(text: str) -> tuple[int, int]:
    numerator, _, denominator = (part.strip() for part in text.partition("/"))
    if (
        not (numerator.isdecimal() and denominator.isdecimal())
        or int(numerator) not in _NUMERATORS
        or int(denominator) not in _DENOMINATORS
    ):
        raise DrumscribeError(
            f"--time-signature {text}: must be as 4/4, 3/4 or 6/8, at most {_NUMERATORS[-1]} counts"
        )
    return int(numerator), int(denominator)
