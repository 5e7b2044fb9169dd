"""What became of every hit of one recording: found, missed, invented, or taken for another drum.

``Comparison`` holds the hits themselves, for one recording at a time; ``Judgement`` holds what
reports sum, in arrays small enough to keep for thousands. C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.evaluation.matching import TOLERANCE_S, match_onsets
from drumscribe.events import DrumEvent
from drumscribe.utils.arrays import IntArray

HIT_DTYPE = np.dtype(
    [
        ("drum", np.uint8),  # index of its class
        ("is_right", np.bool_),
        ("confidence", np.float32),
        ("velocity", np.uint8),
        ("reference_velocity", np.uint8),  # this and the next are 0 where it is not right
        ("error_s", np.float32),  # estimate minus reference
    ]
)
"""One estimated hit."""


@dataclass(frozen=True)
class Comparison:
    """The hits of a recording, matched at the headline tolerance.

    Attributes:
        found: pairs (reference, estimate).
        missed: reference hits without an estimate.
        false: estimated hits without a reference.
    """

    found: tuple[tuple[DrumEvent, DrumEvent], ...]
    missed: tuple[DrumEvent, ...]
    false: tuple[DrumEvent, ...]


@dataclass(frozen=True)
class Judgement:
    """What is kept of a comparison.

    Attributes:
        hits: every estimated hit, ``HIT_DTYPE``, shape (n,).
        missed_as: missed hits of each class by the class that an invented hit nearby has, the last
            column where there is none, shape (C, C + 1).
        false_as: invented hits of each class by the class of a missed hit nearby, likewise.
    """

    hits: npt.NDArray[Any]
    missed_as: IntArray
    false_as: IntArray


def compare(
    reference: Sequence[DrumEvent], estimate: Sequence[DrumEvent], classes: Sequence[str]
) -> Comparison:
    """Match the hits of each class within the headline tolerance."""
    found: list[tuple[DrumEvent, DrumEvent]] = []
    missed: list[DrumEvent] = []
    false: list[DrumEvent] = []
    for name in classes:
        wanted = sorted(event for event in reference if event.drum == name)
        heard = sorted(event for event in estimate if event.drum == name)
        pairs = match_onsets([e.onset_s for e in wanted], [e.onset_s for e in heard], TOLERANCE_S)
        found += [(wanted[r], heard[e]) for r, e in pairs]
        matched_wanted, matched_heard = {r for r, _ in pairs}, {e for _, e in pairs}
        missed += [event for i, event in enumerate(wanted) if i not in matched_wanted]
        false += [event for i, event in enumerate(heard) if i not in matched_heard]
    return Comparison(tuple(found), tuple(sorted(missed)), tuple(sorted(false)))


def judge(comparison: Comparison, classes: Sequence[str]) -> Judgement:
    """What reports sum of a comparison of ``classes``."""
    index = {name: number for number, name in enumerate(classes)}
    rows = [
        (index[e.drum], True, e.confidence, e.velocity, r.velocity, e.onset_s - r.onset_s)
        for r, e in comparison.found
    ]
    rows += [(index[e.drum], False, e.confidence, e.velocity, 0, 0.0) for e in comparison.false]
    return Judgement(
        hits=np.array(rows, HIT_DTYPE),
        missed_as=_taken_for(comparison.missed, comparison.false, index),
        false_as=_taken_for(comparison.false, comparison.missed, index),
    )


def _taken_for(
    hits: Sequence[DrumEvent], others: Sequence[DrumEvent], index: dict[str, int]
) -> IntArray:
    """Hits by class and by the class of the nearest other within the tolerance.

    Args:
        hits: those that are counted, one each.
        others: in order of time; an unmatched hit of the same class is never so near.
        index: of each class.
    """
    counts = np.zeros((len(index), len(index) + 1), np.int64)
    onsets_s = np.array([other.onset_s for other in others])
    for hit in hits:
        column = len(index)
        first, end = np.searchsorted(
            onsets_s, [hit.onset_s - TOLERANCE_S, hit.onset_s + TOLERANCE_S]
        )
        near = others[first:end]
        if near:
            column = index[min(near, key=lambda o: abs(o.onset_s - hit.onset_s)).drum]
        counts[index[hit.drum], column] += 1
    return counts
