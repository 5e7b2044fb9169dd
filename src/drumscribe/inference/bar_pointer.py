"""The most likely pulses of a recording: a bar pointer that moves from pulse to pulse.

A hidden Markov model after Krebs, Boeck and Widmer (2015): a state is where in its bar the music is
and how long the present pulse lasts. As tempo changes at pulses alone, a step of the Viterbi
search is a whole pulse: from one at frame ``t``, number ``b`` of its bar and ``p`` frames long, to
number ``b + 1`` at ``t + p``. A pulse is worth what its hits are worth by the bar's pattern, plus
what the network says about its first frame. Pulses that begin within a shortest pulse of each
other cannot follow one another, so they are searched at once, as a block of array operations.

T frames, P pulse lengths, B pulses of a bar, G groups of drums, R length changes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumscribe.inference.bar_patterns import BarPattern
from drumscribe.inference.beat_evidence import BeatEvidence
from drumscribe.inference.hit_values import LENGTHS, LONGEST, SHORTEST, hit_values
from drumscribe.timing import FRAME_RATE, seconds_to_frame

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

_BLOCK = SHORTEST
_RING = 256  # frames whose values are kept; more than the longest pulse and a block
_SCORED = 42 * _BLOCK  # frames whose pulses are valued at once

_REACH = 3
"""A pulse may be so many steps of ``LENGTHS`` longer or shorter than the last."""

_CHANGE_COST = 45.0
"""Of a change of length, in nats, times the change as a part of the length."""

_ACTIVATION_WEIGHTS = (0.7, 0.7)
"""Of the network's beats and downbeats against hits."""

_TYPICAL_BPM, _TEMPO_OCTAVES, _TEMPO_WEIGHT = 112.0, 0.45, 0.8
"""Tempo of most music, its spread, and how much a pulse of another tempo costs."""

_IMPOSSIBLE = np.float32(-1e9)
_REQUIRED = np.float32(1e5)
_STARTS = -128


@dataclass(frozen=True)
class TempoBounds:
    """What is known beforehand.

    Attributes:
        low_bpm: fewest pulses a minute.
        high_bpm: most pulses a minute.
        downbeat_s: time of one downbeat in seconds, if known.
    """

    low_bpm: float = 0.0
    high_bpm: float = float("inf")
    downbeat_s: float | None = None


@dataclass(frozen=True)
class PulseTrack:
    """The pulses found under one pattern, from before the first hit to after the last.

    Attributes:
        time_s: of each pulse in seconds, the first may be negative; shape (n,).
        number: which pulse of its bar each is, from 0; shape (n,).
        score: what it is worth in nats; compares patterns.
    """

    time_s: npt.NDArray[np.float64]
    number: IntArray
    score: float


def track_pulses(
    evidence: BeatEvidence, pattern: BarPattern, bounds: TempoBounds | None = None
) -> PulseTrack:
    """The best pulses under one pattern.

    Args:
        evidence: of at least one hit.
        pattern: the metre's.
        bounds: what is known beforehand.
    """
    return _Search(evidence, pattern, bounds or TempoBounds()).run()


class _Search:
    """One Viterbi search; its frame 0 is so early that the first hit may end a longest pulse."""

    def __init__(self, evidence: BeatEvidence, pattern: BarPattern, bounds: TempoBounds) -> None:
        first, last = int(evidence.frame[0]), int(evidence.frame[-1])
        if bounds.downbeat_s is not None:
            pinned = seconds_to_frame(bounds.downbeat_s)
            first, last = min(first, pinned), max(last, pinned)
        self._origin = first - LONGEST
        self._start_frame, self._end_frame = first - self._origin, last - self._origin
        n_frames = self._end_frame + LONGEST + 1
        self._n_frames = -(-n_frames // _BLOCK) * _BLOCK
        self._n_pulses = pattern.n_pulses
        self._values = hit_values(pattern.numerator, pattern.denominator)
        self._hit_frame = evidence.frame - self._origin
        self._hit_group = evidence.group
        self._gain = self._pulse_gain(evidence, bounds)
        self._bonus = 0.0 if bounds.downbeat_s is None else float(_REQUIRED)
        self._length_value = _length_values(pattern, bounds)
        self._change_cost = _change_costs()
        self._scored = np.zeros((0, len(LENGTHS), self._n_pulses), np.float32)

    def run(self) -> PulseTrack:
        """Search forwards, then follow the best end back to its start."""
        shape = (len(LENGTHS), self._n_pulses)
        ring = np.full((_RING, *shape), _IMPOSSIBLE, np.float32)
        change = np.zeros((self._n_frames, *shape), np.int8)
        best_score, best_state = -np.inf, (0, 0, 0)
        for block in range(0, self._n_frames, _BLOCK):
            frames = np.arange(block, block + _BLOCK)
            arrived = self._arrivals(ring, frames)
            late = np.flatnonzero(frames > self._end_frame)
            if len(late) and (score := float(arrived[late].max())) > best_score:
                frame, length, number = np.unravel_index(
                    arrived[late].argmax(), (len(late), *shape)
                )
                best_score = score
                best_state = (int(frames[late[frame]]), int(length), int(number))
            left = self._departures(arrived, frames, change)
            ring[frames % _RING] = left + self._pulse_scores(block)
        return self._traced_back(change, best_state, best_score - self._bonus)

    def _arrivals(self, ring: FloatArray, frames: IntArray) -> FloatArray:
        """Value of each pulse's first frame by the length of the one before, (block, P, B)."""
        source = frames[:, None] - LENGTHS[None, :]
        arrived = ring[source % _RING, np.arange(len(LENGTHS))[None, :]]
        arrived[source < 0] = _IMPOSSIBLE
        return np.asarray(np.roll(arrived, 1, axis=2) + self._gain[frames][:, None, :])

    def _departures(
        self, arrived: FloatArray, frames: IntArray, change: npt.NDArray[np.int8]
    ) -> FloatArray:
        """Value of each pulse's first frame by its own length; notes the best ``change``."""
        left = np.full_like(arrived, _IMPOSSIBLE)
        chosen = change[frames[0] : frames[0] + _BLOCK]
        n_lengths = len(LENGTHS)
        for step in range(-_REACH, _REACH + 1):
            low, high = max(0, -step), min(n_lengths, n_lengths - step)
            value = arrived[:, low + step : high + step]
            value = value - self._change_cost[step + _REACH, low:high, None]
            target = left[:, low:high]
            better = value > target
            np.copyto(target, value, where=better)
            chosen[:, low:high][better] = step
        if frames[0] <= self._start_frame:
            may_start = (frames <= self._start_frame)[:, None, None] & (left < 0)
            left[may_start] = 0.0
            chosen[may_start] = _STARTS
        return left + self._length_value[:, None]

    def _pulse_scores(self, block: int) -> FloatArray:
        """What the hits of pulses are worth that begin in a block, (block, P, B)."""
        at = block % _SCORED
        if at == 0:
            scored = np.zeros((_SCORED, *self._values.shape[2:]), np.float32)
            last = block + _SCORED + LONGEST - 1
            first_hit, end_hit = np.searchsorted(self._hit_frame, [block, last])
            for hit in range(first_hit, end_hit):
                row = int(self._hit_frame[hit]) - block - LONGEST + 1
                low, high = max(0, row), min(_SCORED, row + LONGEST)
                scored[low:high] += self._values[self._hit_group[hit], low - row : high - row]
            self._scored = scored
        return self._scored[at : at + _BLOCK]

    def _traced_back(
        self, change: npt.NDArray[np.int8], state: tuple[int, int, int], score: float
    ) -> PulseTrack:
        frame, length, number = state
        frames, numbers = [frame], [number]
        while True:
            frame -= int(LENGTHS[length])
            number = (number - 1) % self._n_pulses
            frames.append(frame)
            numbers.append(number)
            step = int(change[frame, length, number])
            if step == _STARTS:
                break
            length += step
        time_s = (np.array(frames[::-1]) + self._origin) / FRAME_RATE
        return PulseTrack(time_s, np.array(numbers[::-1]), score)

    def _pulse_gain(self, evidence: BeatEvidence, bounds: TempoBounds) -> FloatArray:
        """What a pulse at a frame is worth by activations and by what is known, (T, B)."""
        gain = np.zeros((self._n_frames, self._n_pulses), np.float32)
        frames = np.arange(self._n_frames) + self._origin
        heard = (frames >= 0) & (frames < len(evidence.beat_gain))
        by_kind = evidence.beat_gain[frames[heard]] * _ACTIVATION_WEIGHTS
        gain[heard] = by_kind[:, :1]
        gain[heard, 0] += by_kind[:, 1]
        if bounds.downbeat_s is not None:
            gain[seconds_to_frame(bounds.downbeat_s) - self._origin, 0] += _REQUIRED
        return gain


def _length_values(pattern: BarPattern, bounds: TempoBounds) -> FloatArray:
    """What a pulse is worth by its length alone, (P,): 0 at the typical tempo, else less."""
    bpm = 60 * FRAME_RATE / LENGTHS
    typical = _TYPICAL_BPM / pattern.counts_per_pulse**0.5
    octaves = np.log2(bpm / typical) / _TEMPO_OCTAVES
    value = -_TEMPO_WEIGHT * octaves**2 / 2
    value[(bpm < bounds.low_bpm) | (bpm > bounds.high_bpm)] = _IMPOSSIBLE / 1e3
    return np.asarray(value, np.float32)


def _change_costs() -> FloatArray:
    """What it costs to come to a length from one ``step`` further on, (R, P)."""
    costs = np.full((2 * _REACH + 1, len(LENGTHS)), -_IMPOSSIBLE, np.float32)
    for step in range(-_REACH, _REACH + 1):
        low, high = max(0, -step), min(len(LENGTHS), len(LENGTHS) - step)
        change = np.abs(LENGTHS[low + step : high + step] - LENGTHS[low:high])
        costs[step + _REACH, low:high] = _CHANGE_COST * change / LENGTHS[low:high]
    return costs
