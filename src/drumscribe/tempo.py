"""Musical time: where the beats fall in seconds, and how they make bars.

Conventions: a position is a number of beats from the first beat of the map, fractions between
beats; a beat is one count of the time signature (a quarter in 4/4, an eighth in 6/8). Everything
that needs bars reads a ``TempoMap``; the events themselves stay in seconds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumscribe.utils.arrays import Float64Array


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat of the grid: its time in seconds and its number in the bar, 1 the downbeat."""

    time_s: float
    number: int


@dataclass(frozen=True, slots=True)
class TimeSignature:
    """Bars of ``numerator`` counts of a ``1 / denominator`` note from a beat of a map on.

    Raises:
        ValueError: when bars would be empty, or there is no such note.
    """

    first_beat: int
    numerator: int
    denominator: int = 4

    def __post_init__(self) -> None:
        counts = (self.numerator, self.denominator)
        is_whole = all(isinstance(count, int) and count >= 1 for count in counts)
        if not is_whole or self.denominator.bit_count() > 1:
            raise ValueError(
                f"time signature {self.numerator}/{self.denominator}: must be one count or more "
                "of a whole, half, quarter, eighth ... note"
            )


def is_compound(numerator: int, denominator: int) -> bool:
    """Whether three counts make one pulse, as in 6/8, 9/8 and 12/8."""
    return denominator >= 8 and numerator % 3 == 0 and numerator > 3


_MAX_BEATS_BEFORE = 1_000_000  # a day of music at 690 beats a minute

COMMON_TIME = TimeSignature(0, 4, 4)


@dataclass(frozen=True)
class TempoMap:
    """When each beat falls, and which of them begin bars.

    Attributes:
        beats_s: times of the beats 0, 1, 2, ... in seconds, increasing, at least two. The first
            may lie before the recording's start. Beyond both ends the outermost tempo goes on,
            from the start of the recording for a million beats at most.
        time_signatures: in order; the first begins at a downbeat, ``first_beat``, before which
            beats are a pick-up of its metre; the others begin at a downbeat of the one before.
        confidence: how sure the finder of the beats is, 0..1; 1 for what a person said.
        is_steady: that all beats are meant to be equally long, as with a click track.

    Raises:
        ValueError: when the beats are fewer than two, not increasing or too many before the first,
            or the time signatures are none or out of order.
    """

    beats_s: tuple[float, ...]
    time_signatures: tuple[TimeSignature, ...] = (COMMON_TIME,)
    confidence: float = 1.0
    is_steady: bool = False

    def __post_init__(self) -> None:
        steps_s = np.diff(self.beats_s)
        if len(self.beats_s) < 2 or not bool(np.all((steps_s > 0) & np.isfinite(steps_s))):
            raise ValueError("beats_s must be at least two times in increasing order")
        n_before = self.beats_s[0] / (self.beats_s[1] - self.beats_s[0])
        if n_before > _MAX_BEATS_BEFORE:
            raise ValueError(
                f"beats_s begins too late for so fast a tempo: {n_before:.0f} beats would come "
                "before it"
            )
        starts = [signature.first_beat for signature in self.time_signatures]
        if not starts or starts != sorted(set(starts)):
            raise ValueError("time_signatures must be at least one, in increasing order of beats")

    @classmethod
    def steady(
        cls,
        bpm: float,
        *,
        first_downbeat_s: float = 0.0,
        until_s: float = 1.0,
        numerator: int = 4,
        denominator: int = 4,
    ) -> "TempoMap":
        """A constant tempo with a downbeat at ``first_downbeat_s``.

        Args:
            bpm: beats (counts of the time signature) a minute.
            first_downbeat_s: where beat 0 falls, in seconds.
            until_s: the beats reach at least so far.
            numerator: counts of a bar.
            denominator: the note that a count is.

        Raises:
            ValueError: when ``bpm`` is no tempo, or it begins too late for so fast a one.
        """
        if not 0 < bpm < np.inf:
            raise ValueError(f"bpm {bpm}: must be more than 0")
        step_s = 60.0 / bpm
        n_beats = max(2, int(np.ceil((until_s - first_downbeat_s) / step_s)) + 1)
        beats_s = first_downbeat_s + step_s * np.arange(n_beats)
        signature = TimeSignature(0, numerator, denominator)
        return cls(tuple(beats_s.tolist()), (signature,), is_steady=True)

    @property
    def bpm(self) -> float:
        """Beats a minute: the median over the map."""
        return float(60.0 / np.median(np.diff(self.beats_s)))

    def summary(self) -> str:
        """Tempo and metre in a few words, as "constant 120.0 BPM, 4/4"."""
        metres = dict.fromkeys(f"{s.numerator}/{s.denominator}" for s in self.time_signatures)
        bpm = 60.0 / np.diff(self.beats_s)
        if self.is_steady:
            places = next((n for n in (1, 2) if abs(round(self.bpm, n) - self.bpm) < 1e-6), 3)
            tempo = f"constant {self.bpm:.{places}f} BPM"
        else:
            low, high = np.quantile(bpm, (0.05, 0.95))
            tempo = f"about {self.bpm:.1f} BPM ({low:.0f} to {high:.0f})"
        return f"{tempo}, {', '.join(metres)} (confidence {self.confidence:.2f})"

    def seconds(self, positions: npt.ArrayLike) -> Float64Array:
        """Times in seconds of positions in beats; a straight line between two beats."""
        at = np.asarray(positions, np.float64)
        beats_s = np.asarray(self.beats_s)
        index = np.clip(np.floor(at).astype(int), 0, len(beats_s) - 2)
        return np.asarray(beats_s[index] + (at - index) * np.diff(beats_s)[index])

    def positions(self, times_s: npt.ArrayLike) -> Float64Array:
        """Positions in beats of times in seconds; the inverse of ``seconds``."""
        times = np.asarray(times_s, np.float64)
        beats_s = np.asarray(self.beats_s)
        index = np.clip(np.searchsorted(beats_s, times, side="right") - 1, 0, len(beats_s) - 2)
        return np.asarray(index + (times - beats_s[index]) / np.diff(beats_s)[index])

    def signature_at(self, beat: int) -> TimeSignature:
        """The time signature of a beat; before the first one, the first."""
        current = self.time_signatures[0]
        for signature in self.time_signatures[1:]:
            if signature.first_beat <= beat:
                current = signature
        return current

    def number_in_bar(self, beat: int) -> int:
        """Which count of its bar a beat is, 1 the downbeat."""
        signature = self.signature_at(beat)
        return (beat - signature.first_beat) % signature.numerator + 1

    def downbeat_of(self, beat: int) -> int:
        """The beat that begins the bar of a beat, which may be that beat itself."""
        return beat - self.number_in_bar(beat) + 1

    def beats(self) -> list[Beat]:
        """The beats of the map with their numbers in the bar."""
        return [Beat(time, self.number_in_bar(index)) for index, time in enumerate(self.beats_s)]
