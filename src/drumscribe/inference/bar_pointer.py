"""The most likely pulses of a recording: a bar pointer that moves from pulse to pulse.

A hidden Markov model after Krebs, Boeck and Widmer (2015): a state is where in its bar the music is
and how long the present pulse lasts. As tempo changes at pulses alone, a step of the Viterbi
search is a whole pulse: from one at frame ``t``, number ``b`` of its bar and ``p`` frames long, to
number ``b + 1`` at ``t + p``. A pulse is worth what its hits are worth by the bar's pattern, plus
what the network says about its first frame. Pulses that begin within a shortest pulse of each
other cannot follow one another, so they are searched at once, as a block of array operations.
Long recordings are searched in windows, each from a pulse that the one before is sure of, so that
memory does not grow with their length.

T frames, P pulse lengths, B pulses of a bar, G groups of drums, R length changes. Frames are the
last axis of what the search works on, so that numpy goes through long rows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from drumscribe.inference.bar_patterns import BarPattern
from drumscribe.inference.beat_evidence import BeatEvidence
from drumscribe.inference.hit_values import LENGTH_RANGES, LENGTHS, LONGEST, SHORTEST, hit_values
from drumscribe.timing import FRAME_RATE, seconds_to_frame
from drumscribe.utils.arrays import BoolArray, Float64Array, FloatArray, IntArray

_BLOCK = SHORTEST
_SCORED = 42 * _BLOCK  # frames whose pulses are valued at once

_WINDOW = 60 * FRAME_RATE  # frames that are searched before pulses are decided on
_LAG = 15 * FRAME_RATE  # those at a window's end, whose pulses may still change by what follows

_REACH = 2
"""A pulse may be so many steps of ``LENGTHS`` longer or shorter than the last."""

_STEPS = tuple(step for step in range(-_REACH, _REACH + 1) if step)

_CHANGE_COST = 45.0
"""Of a change of length, in nats, times the change as a part of the length."""

_ACTIVATION_WEIGHTS = (1.0, 1.0)
"""Of the network's beats and downbeats against hits."""

_EMPTY_COST = 0.6
"""Of a pulse that nobody plays on, in nats, but not in pauses: music keeps its tempo there."""

_PLAYED_FRAMES, _PAUSE_FRAMES, _LONG_PAUSE_FRAMES = 3, FRAME_RATE, 3 * FRAME_RATE

_TYPICAL_BPM, _TEMPO_OCTAVES, _TEMPO_WEIGHT = 112.0, 0.45, 0.1
"""Tempo of most music, its spread, and how much a pulse of another tempo costs."""

_HEARD_COST, _UNHEARD_GAIN = 0.55, 0.4
"""Of a pulse, in nats, with activations and without: they decide between octaves. Activations are
above their mean halfway between beats too, so that pulses twice as fast gain by them. Hits alone
are explained nearly as well by pulses half as fast, as the pattern, of many drummers, is flat."""

_IMPOSSIBLE, _REQUIRED = np.float32(-1e9), 1e5


class _Pulse(NamedTuple):
    """A pulse: its first frame, the index of its length in ``LENGTHS``, its number in the bar."""

    frame: int
    length: int
    number: int


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
        fit: what its hits and activations are worth in nats.
        score: that and what its pulses as such are worth, whatever its tempo; compares patterns.
    """

    time_s: Float64Array
    number: IntArray
    fit: float
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
        self._evidence = evidence
        first, last = int(evidence.frame[0]), int(evidence.frame[-1])
        self._pinned_frames = []
        if bounds.downbeat_s is not None:
            pinned = seconds_to_frame(bounds.downbeat_s)
            first, last = min(first, pinned), max(last, pinned)
            self._pinned_frames = [pinned - first + LONGEST]
        self._origin = first - LONGEST
        self._start_frame, self._end_frame = first - self._origin, last - self._origin
        self._n_frames = self._end_frame + LONGEST + _BLOCK
        self._n_pulses = pattern.n_pulses
        self._values = hit_values(pattern.numerator, pattern.denominator)
        self._hit_frame = evidence.frame - self._origin
        self._hit_group = evidence.group
        self._pulse_value = -_HEARD_COST if len(evidence.beat) else _UNHEARD_GAIN
        self._length_value = _length_values(pattern, bounds)[:, None, None] + self._pulse_value
        self._change_cost = _change_costs()

    def run(self) -> PulseTrack:
        """Search window after window."""
        pulses: list[_Pulse] = []
        start: _Pulse | None = None
        while True:
            begin = start.frame if start else 0
            end = min(begin + _WINDOW, self._n_frames)
            found = self._window(begin, end, start)
            if end == self._n_frames:
                return self._track([*pulses, *found])
            sure = [pulse for pulse in found if pulse.frame <= end - _LAG]
            pulses.extend(sure[:-1])
            start = sure[-1]

    def _window(self, begin: int, end: int, start: _Pulse | None) -> list[_Pulse]:
        """The best pulses from ``start``, or from any that may be the first, to a window's end.

        The last one only tells where the one before ends; its length means nothing.
        """
        n_blocks = -(-(end - begin) // _BLOCK)
        shape = (len(LENGTHS), self._n_pulses, n_blocks * _BLOCK + LONGEST)
        arrivals = np.full(shape, _IMPOSSIBLE, np.float32)
        arrivals_of = _arrivals_by_departure(arrivals)
        scores = _PulseScores(self._values, self._hit_frame, self._hit_group, begin)
        frames = begin + np.arange(n_blocks * _BLOCK)
        gain = self._pulse_gain(frames).T - self._pulse_value * self._is_long_pause(frames)
        for block in range(n_blocks):
            here = slice(block * _BLOCK, (block + 1) * _BLOCK)
            arrived = arrivals[..., here] + gain[:, here]
            arrivals[..., here] = arrived
            left = self._departures(arrived)
            self._begin(left, begin + here.start, start)
            left += self._length_value
            left += scores.of_block(block)
            for lengths, following in arrivals_of:
                following[:, 1:, here] = left[lengths, :-1]
                following[:, 0, here] = left[lengths, -1]
        last_from = self._end_frame + 1 if end == self._n_frames else end - LONGEST
        late = np.moveaxis(arrivals[..., last_from - begin : end - begin], 2, 0)
        after, length, number = (int(i) for i in np.unravel_index(late.argmax(), late.shape))
        return self._traced_back(arrivals, begin, start, _Pulse(last_from + after, length, number))

    def _departures(self, arrived: FloatArray) -> FloatArray:
        """Value of each pulse's first frame by its own length, (P, B, block).

        Args:
            arrived: the same by the length of the pulse before.
        """
        left = arrived.copy()
        n_lengths = len(LENGTHS)
        for step in _STEPS:
            low, high = max(0, -step), min(n_lengths, n_lengths - step)
            cost = self._change_cost[step + _REACH, low:high, None, None]
            target = left[low:high]
            np.maximum(target, arrived[low + step : high + step] - cost, out=target)
        return left

    def _begin(self, left: FloatArray, first: int, start: _Pulse | None) -> None:
        """Let the track begin in a block from frame ``first`` on.

        That is at ``start``, or at every frame up to the first hit.
        """
        if start is None and first <= self._start_frame:
            early = left[..., : self._start_frame - first + 1]
            np.maximum(early, 0.0, out=early)
        elif start is not None and first == start.frame:
            left[start.length, start.number, 0] = 0.0

    def _traced_back(
        self, arrivals: FloatArray, begin: int, start: _Pulse | None, last: _Pulse
    ) -> list[_Pulse]:
        """The pulses up to ``last``, whose length is that of the one before it."""
        pulses = [last]
        frame, length, number = last
        step: int | None = 0
        while step is not None:
            length += step
            frame -= int(LENGTHS[length])
            number = (number - 1) % self._n_pulses
            pulse = _Pulse(frame, length, number)
            pulses.append(pulse)
            step = self._change_at(arrivals[:, number, frame - begin], pulse, start)
        return pulses[::-1]

    def _change_at(self, arrived: FloatArray, pulse: _Pulse, start: _Pulse | None) -> int | None:
        """The best change of length to a pulse, ``None`` where the track begins with it.

        Found here again, not noted down in the search: pulses of the track are few.

        Args:
            arrived: value of the pulse's first frame by the length of the one before, (P,).
            pulse: where the track has been traced back to.
            start: the pulse that a track must begin with.
        """
        steps = [step for step in (0, *_STEPS) if 0 <= pulse.length + step < len(LENGTHS)]
        costs = self._change_cost[np.array(steps) + _REACH, pulse.length]
        values = arrived[pulse.length + np.array(steps)] - costs
        if start is None:
            is_first = pulse.frame <= self._start_frame and values.max() < 0
        else:
            is_first = pulse == start
        return None if is_first else steps[int(values.argmax())]

    def _pulse_gain(self, frames: IntArray) -> FloatArray:
        """What pulses at frames are worth by activations, (n, B)."""
        gain = np.zeros((len(frames), self._n_pulses), np.float32)
        heard = self._evidence.beat_gain(frames + self._origin) * _ACTIVATION_WEIGHTS
        np.maximum(heard, 0, out=heard, where=self._is_long_pause(frames)[:, None])
        gain += heard[:, :1]
        gain[:, 0] += heard[:, 1]
        away = _frames_to_nearest(frames, self._hit_frame)
        gain[(away > _PLAYED_FRAMES) & (away < _PAUSE_FRAMES)] -= _EMPTY_COST
        gain[np.isin(frames, self._pinned_frames), 0] = _REQUIRED
        return gain

    def _is_long_pause(self, frames: IntArray) -> BoolArray:
        """Where pulses and low activations are worth nothing: many seconds would bend the tempo."""
        return _frames_to_nearest(frames, self._hit_frame) >= _LONG_PAUSE_FRAMES

    def _track(self, pulses: list[_Pulse]) -> PulseTrack:
        """The track of pulses, and what it is worth."""
        frame, length, number = np.array(pulses).T
        gain = self._pulse_gain(frame[1:])[np.arange(len(frame) - 1), number[1:]]
        fit = float(gain.sum(dtype=np.float64)) - _REQUIRED * len(self._pinned_frames)
        frame_length, started = length[:-1], frame[:-1]
        steps = frame_length[:-1] - frame_length[1:]
        fit -= float(self._change_cost[steps + _REACH, frame_length[1:]].sum())
        pulse = np.searchsorted(started, self._hit_frame, side="right") - 1
        after = self._hit_frame - started[pulse]
        place = (self._hit_group, frame_length[pulse], number[pulse], LONGEST - 1 - after)
        fit += float(self._values[place].sum())
        score = fit + self._pulse_value * np.count_nonzero(~self._is_long_pause(frame[1:]))
        return PulseTrack((frame + self._origin) / FRAME_RATE, number, fit, score)


class _PulseScores:
    """What pulses are worth by their hits, made for the search as it goes on."""

    def __init__(
        self, values: FloatArray, hit_frame: IntArray, hit_group: IntArray, begin: int
    ) -> None:
        self._values = values
        self._hit_frame = hit_frame
        self._hit_group = hit_group
        self._begin = begin
        self._scored = np.zeros((*values.shape[1:3], 0), np.float32)

    def of_block(self, block: int) -> FloatArray:
        """Of pulses that begin in a block, (P, B, block); blocks must be asked for in order."""
        at = block * _BLOCK % _SCORED
        if at == 0:
            self._score(self._begin + block * _BLOCK)
        return self._scored[..., at : at + _BLOCK]

    def _score(self, first: int) -> None:
        """Add up the hits of pulses from frame ``first`` on."""
        self._scored = np.zeros((*self._values.shape[1:3], _SCORED), np.float32)
        hits = np.searchsorted(self._hit_frame, [first, first + _SCORED + LONGEST - 1])
        for hit in range(*hits):
            row = int(self._hit_frame[hit]) - first - LONGEST + 1
            low, high = max(0, row), min(_SCORED, row + LONGEST)
            values = self._values[self._hit_group[hit], ..., low - row : high - row]
            self._scored[..., low:high] += values


def _arrivals_by_departure(arrivals: FloatArray) -> list[tuple[slice, FloatArray]]:
    """Views of a window's arrivals, (P, B, T), by the frame that each pulse began at.

    A pulse of length ``p`` from frame ``t`` arrives at ``t + LENGTHS[p]``: lengths that grow by
    equal steps are an axis through the same memory.

    Returns:
        For each of ``LENGTH_RANGES`` its place in ``LENGTHS``, and a view (its lengths, B, T').
    """
    _, n_pulses, n_after = arrivals.shape
    by_length, by_number, by_frame = arrivals.strides
    views = []
    n_shorter = 0
    for lengths in LENGTH_RANGES:
        view = np.lib.stride_tricks.as_strided(
            arrivals[n_shorter:, :, lengths.start :],
            (len(lengths), n_pulses, n_after - LONGEST),
            (by_length + lengths.step * by_frame, by_number, by_frame),
        )
        views.append((slice(n_shorter, n_shorter + len(lengths)), view))
        n_shorter += len(lengths)
    return views


def _frames_to_nearest(frames: IntArray, hit_frame: IntArray) -> IntArray:
    """How far each frame is from the nearest hit, shape as ``frames``."""
    following = np.searchsorted(hit_frame, frames).clip(0, len(hit_frame) - 1)
    before = np.maximum(following - 1, 0)
    distance = np.minimum(np.abs(frames - hit_frame[before]), np.abs(frames - hit_frame[following]))
    return np.asarray(distance)


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
    costs[_REACH] = 0.0
    for step in _STEPS:
        low, high = max(0, -step), min(len(LENGTHS), len(LENGTHS) - step)
        change = np.abs(LENGTHS[low + step : high + step] - LENGTHS[low:high])
        costs[step + _REACH, low:high] = _CHANGE_COST * change / LENGTHS[low:high]
    return costs
