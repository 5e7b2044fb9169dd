"""The worst places of the worst recordings, kept to be looked at.

Recordings pass one at a time, so what a place sounds like is read again as soon as its recording is
among the worst, and forgotten when it no longer is. F mel bands.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.evaluation.comparison import Comparison
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.references import Reference
from drumscribe.timing import seconds_to_frame
from drumscribe.utils.arrays import FloatArray

EXCERPT_S = 4.0
"""Length of an excerpt, in seconds; shorter where the recording is."""


@dataclass(frozen=True)
class Excerpt:
    """A few seconds of a recording.

    Attributes:
        name: the recording's.
        counts: headline counts of the whole recording.
        start_s: where it begins, in seconds.
        log_mel: what the model heard, 0..1, shape (t, F).
        comparison: of the whole recording.
    """

    name: str
    counts: Counts
    start_s: float
    log_mel: FloatArray
    comparison: Comparison


class WorstPlaces:
    """Keeps excerpts of the recordings with the lowest F-measure.

    Args:
        n_recordings: of how many.
    """

    def __init__(self, n_recordings: int) -> None:
        self._n_recordings = n_recordings
        self._heap: list[tuple[tuple[float, int, int], Excerpt]] = []
        self._n_offered = 0

    def offer(self, reference: Reference, counts: Counts, comparison: Comparison) -> None:
        """Keep the worst place of a recording if it is among the worst so far."""
        n_errors = counts.n_false + counts.n_missed
        self._n_offered += 1
        badness = (-counts.f_measure, n_errors, -self._n_offered)
        is_full = len(self._heap) >= self._n_recordings
        if not n_errors or not self._n_recordings or (is_full and badness < self._heap[0][0]):
            return
        start_s = worst_start_s([e.onset_s for e in (*comparison.missed, *comparison.false)])
        first = seconds_to_frame(start_s)
        log_mel = _frames_between(reference.frames(), first, first + seconds_to_frame(EXCERPT_S))
        excerpt = Excerpt(reference.name, counts, start_s, log_mel, comparison)
        push = heapq.heapreplace if is_full else heapq.heappush
        push(self._heap, (badness, excerpt))

    def excerpts(self) -> tuple[Excerpt, ...]:
        """What is kept, the worst first."""
        return tuple(excerpt for _, excerpt in sorted(self._heap, key=lambda e: e[0], reverse=True))


def worst_start_s(errors_s: Sequence[float]) -> float:
    """Where an excerpt begins that holds the most errors, with them in its middle.

    Args:
        errors_s: times of errors in seconds, at least one.
    """
    times_s = np.sort(np.asarray(errors_s))
    ends = np.searchsorted(times_s, times_s + EXCERPT_S)
    first = int(np.argmax(ends - np.arange(len(times_s))))
    middle_s = (times_s[first] + times_s[ends[first] - 1]) / 2
    return max(0.0, float(middle_s) - EXCERPT_S / 2)


def _frames_between(blocks: Iterable[FloatArray], first: int, end: int) -> FloatArray:
    """Frames ``first`` to ``end`` of log-mel that comes in blocks, shape (t, F)."""
    kept = []
    position = 0
    for block in blocks:
        kept.append(block[max(0, first - position) : max(0, end - position)])
        position += len(block)
        if position >= end:
            break
    return np.concatenate(kept)
