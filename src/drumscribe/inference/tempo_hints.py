"""What a person says about a recording's tempo and bars."""

import math
import sys
from dataclasses import dataclass
from numbers import Real

from drumscribe.utils.errors import DrumscribeError

_TOLERANCE = 0.15
"""A drummer who is followed plays within this part of the tempo that was named."""

BPM_RANGE = (10.0, 1000.0)
"""Slowest and fastest tempo that may be named, in counts a minute."""

NUMERATORS = range(1, 33)
DENOMINATORS = (1, 2, 4, 8, 16, 32)
"""What the two numbers of a time signature may be."""

DIVISIONS = (4, 8, 12, 16, 24, 32)
"""Steps of a whole note whose grid hits may be moved to; those of three are triplets."""


@dataclass(frozen=True)
class TempoHints:
    """What need not be found; ``None`` is found.

    Attributes:
        bpm: counts of the time signature a minute.
        follows_drummer: that ``bpm`` is only about right, and beats may be of different length.
        time_signature: as (numerator, denominator).
        first_beat_s: time of a downbeat in seconds, >= 0.

    Raises:
        DrumscribeError: when one of them makes no sense.
    """

    bpm: float | None = None
    follows_drummer: bool = False
    time_signature: tuple[int, int] | None = None
    first_beat_s: float | None = None

    def __post_init__(self) -> None:
        if not _is_unsaid_or_within(self.bpm, *BPM_RANGE):
            raise DrumscribeError(
                f"bpm {self.bpm!r}: must be a number from {BPM_RANGE[0]:g} to {BPM_RANGE[1]:g}, "
                "beats a minute"
            )
        if self.time_signature is not None and not _is_metre(self.time_signature):
            raise DrumscribeError(
                f"time_signature {self.time_signature!r}: must be as (4, 4), (3, 4) or (6, 8), at "
                f"most {NUMERATORS[-1]} counts"
            )
        if not _is_unsaid_or_within(self.first_beat_s, 0.0, sys.float_info.max):
            raise DrumscribeError(
                f"first_beat_s {self.first_beat_s!r}: must be seconds from the start, a number >= 0"
            )

    def require_within(self, duration_s: float) -> None:
        """Refuse a first beat beyond the end of the recording.

        Raises:
            DrumscribeError: naming both times.
        """
        if self.first_beat_s is not None and self.first_beat_s > duration_s:
            raise DrumscribeError(
                f"a first beat at {self.first_beat_s:.10g} s is beyond the recording's end at "
                f"{duration_s:.3f} s; name the time of a bar line in it, in seconds"
            )

    def tempo_range(self) -> tuple[float, float]:
        """Fewest and most counts a minute."""
        if self.bpm is None:
            return 0.0, math.inf
        return self.bpm * (1 - _TOLERANCE), self.bpm * (1 + _TOLERANCE)


def _is_unsaid_or_within(value: object, low: float, high: float) -> bool:
    try:
        return value is None or (isinstance(value, Real) and low <= float(value) <= high)
    except OverflowError:  # whole numbers of hundreds of digits
        return False


def _is_metre(value: object) -> bool:
    match value:
        case (int(numerator), int(denominator)):
            return numerator in NUMERATORS and denominator in DENOMINATORS
    return False


NO_HINTS = TempoHints()
