"""From hits and beat activations to a tempo map: beats, bars and metre.

The last step of transcription; the hits themselves are not touched. Pulses are tracked under the
pattern of each metre that comes into question (``bar_pointer``), the likeliest metre is taken, its
pulses are moved to the hits played on them (``beat_refinement``) and become a steady grid where
they are one. Where the hits fit no metre better than chance, a steady tempo is the answer too: a
grid that is wrong in one way is easier to mend than one that is wrong everywhere.
"""

import dataclasses
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.drums import Kit
from drumscribe.events import DrumEvent
from drumscribe.inference.bar_patterns import BarPattern, bar_pattern
from drumscribe.inference.bar_pointer import PulseTrack, TempoBounds, track_pulses
from drumscribe.inference.beat_evidence import BeatEvidence, beat_evidence
from drumscribe.inference.beat_refinement import SteadyGrid, refine_beats, steady_grid
from drumscribe.inference.hit_values import LONGEST, SHORTEST
from drumscribe.inference.steady_phase import steady_downbeat_s
from drumscribe.inference.tempo_hints import NO_HINTS, TempoHints
from drumscribe.tempo import TempoMap, TimeSignature
from drumscribe.timing import FRAME_RATE
from drumscribe.utils.arrays import Float64Array, FloatArray
from drumscribe.utils.errors import DrumscribeError

logger = logging.getLogger(__name__)


MIN_CONFIDENCE = 0.2
"""Below this a steady tempo is reported, and a warning."""

DEFAULT_BPM = 120.0
"""The tempo of recordings that show none."""

_METRES = ((4, 4), (3, 4), (6, 8))
_RARE_METRE_COST = 6.0  # nats by which a metre must be better than the first
_COMPOUND_COST_PER_HIT = 0.06  # as even clicks fit three parts a pulse as well as two
_FEWEST_HITS = 4
_CHANCE_NATS = 4.0  # what the best track through hits at random is worth, however many
_SURE_NATS_PER_HIT = 0.4
_HALF_SURE_HITS = 8
_SLOWEST_BPM, _FASTEST_BPM = 60 * FRAME_RATE / LONGEST, 60 * FRAME_RATE / SHORTEST
_MOST_COMPOUND_BPM = 90.0  # faster pulses of three parts are a shuffle's beats
_NEAR_PULSE = 0.2  # of a pulse's length: so far off is still that pulse
_END_PULSES = 16  # whose mean length goes on beyond a track's end
_EDGE_S = 0.03  # a first beat so little after the start is the recording's first


@dataclass(frozen=True)
class _Finding:
    """Beats of a recording before they become a map: times, the first downbeat's index, metre."""

    beats_s: Float64Array
    first_downbeat: int
    pattern: BarPattern
    confidence: float
    is_steady: bool


def find_tempo(
    events: Sequence[DrumEvent],
    kit: Kit,
    beat: FloatArray | None,
    *,
    duration_s: float,
    hints: TempoHints = NO_HINTS,
) -> TempoMap:
    """The tempo map of a recording, from its start to its end; whatever the hits, there is one.

    Args:
        events: hits of ``kit`` in any order.
        kit: what their names mean.
        beat: the network's beat and downbeat activations, shape (T, 2), if it has them.
        duration_s: length of the recording in seconds.
        hints: what is known beforehand and not to be doubted.

    Raises:
        DrumscribeError: when the hints do not fit the recording, or no drummer.
    """
    hints.require_within(duration_s)
    evidence = beat_evidence(events, kit, beat)
    if hints.bpm is not None and not hints.follows_drummer:
        finding = _known_tempo(evidence, hints, hints.bpm, 1.0)
    elif len(np.unique(evidence.frame)) < _FEWEST_HITS:
        finding = _known_tempo(evidence, hints, hints.bpm or DEFAULT_BPM, 0.0)
    else:
        finding = _tracked(evidence, hints)
    if finding.confidence < MIN_CONFIDENCE and len(events):
        logger.warning(
            "no clear tempo (confidence %.2f): the beats are a steady %.5g; name the tempo if you "
            "know it (--bpm)",
            finding.confidence,
            60.0 / np.diff(finding.beats_s[:2])[0],
        )
    return _covering(finding, duration_s)


def _tracked(evidence: BeatEvidence, hints: TempoHints) -> _Finding:
    """The beats under the likeliest metre."""
    pattern, track = _likeliest(evidence, hints)
    confidence = _confidence(track, len(evidence.onset_s))
    pinned = _pinned(track, hints)
    pulses_s = refine_beats(track.time_s, evidence.onset_s, pinned)
    grid = steady_grid(pulses_s)
    if confidence < MIN_CONFIDENCE:
        bpm = hints.bpm or _counts_bpm(grid, pulses_s, pattern)
        known = TempoHints(
            bpm,
            time_signature=(pattern.numerator, pattern.denominator),
            first_beat_s=hints.first_beat_s,
        )
        return _known_tempo(evidence, known, bpm, confidence)
    if grid is not None:
        pulses_s = (grid.through(*pinned) if pinned else grid).beats_s(len(pulses_s))
    counts_s = _counts(pulses_s, pattern.counts_per_pulse)
    first_pulse = -int(track.number[0]) % pattern.n_pulses
    first_downbeat = first_pulse * pattern.counts_per_pulse
    return _Finding(counts_s, first_downbeat, pattern, confidence, grid is not None)


def _likeliest(evidence: BeatEvidence, hints: TempoHints) -> tuple[BarPattern, PulseTrack]:
    """The metre that explains the hits best, and its pulses."""
    metres = (hints.time_signature,) if hints.time_signature else _METRES
    if len(np.unique(evidence.group)) == 1:
        metres = metres[:1]  # one sound, as a click, tells no metre
    n_hits = len(evidence.onset_s)
    best: tuple[float, BarPattern, PulseTrack] | None = None
    for metre in metres:
        pattern = bar_pattern(*metre)
        bounds = _bounds(hints, pattern)
        if bounds is None:
            continue
        track = _turned(evidence, pattern, bounds)
        value = track.score - _metre_cost(metre, n_hits)
        if best is None or value > best[0]:
            best = value, pattern, track
    if best is None:
        numerator, denominator = metres[0]
        per_pulse = bar_pattern(numerator, denominator).counts_per_pulse
        raise DrumscribeError(
            f"a tempo of about {hints.bpm:g}: drummers can be followed at "
            f"{per_pulse * _SLOWEST_BPM:.0f} to {per_pulse * _FASTEST_BPM:.0f} counts of "
            f"{numerator}/{denominator} a minute; name a constant tempo, or one half or twice that"
        )
    return best[1], best[2]


def _turned(evidence: BeatEvidence, pattern: BarPattern, bounds: TempoBounds) -> PulseTrack:
    """The best pulses; where one of them is named a downbeat, every bar turns with it.

    To search for what is named would bend the tempo about that one bar line: hits tell the others
    from where they were. That is done only where no pulse is near it.
    """
    if bounds.downbeat_s is None:
        return track_pulses(evidence, pattern, bounds)
    free = track_pulses(evidence, pattern, dataclasses.replace(bounds, downbeat_s=None))
    free = _reaching(free, bounds.downbeat_s, pattern.n_pulses)
    away_s = np.abs(free.time_s - bounds.downbeat_s)
    if away_s.min() > _NEAR_PULSE * np.median(np.diff(free.time_s)):
        return track_pulses(evidence, pattern, bounds)
    number = (free.number - free.number[away_s.argmin()]) % pattern.n_pulses
    return dataclasses.replace(free, number=number)


def _reaching(track: PulseTrack, time_s: float, n_pulses: int) -> PulseTrack:
    """A track that goes on to a time beyond one of its ends, at the tempo it has there."""
    steps_s = np.diff(track.time_s)
    lead_s, tail_s = steps_s[:_END_PULSES].mean(), steps_s[-_END_PULSES:].mean()
    n_before = max(0, math.ceil((track.time_s[0] - time_s) / lead_s))
    n_after = max(0, math.ceil((time_s - track.time_s[-1]) / tail_s))
    before_s = track.time_s[0] - lead_s * np.arange(n_before, 0, -1)
    after_s = track.time_s[-1] + tail_s * np.arange(1, n_after + 1)
    number = track.number[0] + np.arange(-n_before, len(track.time_s) + n_after)
    return dataclasses.replace(
        track,
        time_s=np.concatenate([before_s, track.time_s, after_s]),
        number=number % n_pulses,
    )


def _known_tempo(
    evidence: BeatEvidence, hints: TempoHints, bpm: float, confidence: float
) -> _Finding:
    """Equal beats of a known tempo, with downbeats where the hits have them."""
    pattern = bar_pattern(*(hints.time_signature or _METRES[0]))
    step_s = 60.0 / bpm
    downbeat_s = hints.first_beat_s
    if downbeat_s is None and len(evidence.onset_s):
        downbeat_s = steady_downbeat_s(evidence, pattern, step_s * pattern.counts_per_pulse)
    first_s = downbeat_s or 0.0
    return _Finding(np.array([first_s, first_s + step_s]), 0, pattern, confidence, True)


def _metre_cost(metre: tuple[int, int], n_hits: int) -> float:
    """What a metre's track must be worth more than one in 4/4, in nats."""
    if metre == _METRES[0]:
        return 0.0
    return _RARE_METRE_COST + (_COMPOUND_COST_PER_HIT * n_hits if metre == (6, 8) else 0.0)


def _bounds(hints: TempoHints, pattern: BarPattern) -> TempoBounds | None:
    """Tempos of pulses that are allowed, ``None`` where none of them is searched."""
    low_bpm, high_bpm = (bpm / pattern.counts_per_pulse for bpm in hints.tempo_range())
    if pattern.counts_per_pulse > 1 and hints.time_signature is None:
        high_bpm = min(high_bpm, _MOST_COMPOUND_BPM)
    if high_bpm < max(low_bpm, _SLOWEST_BPM) or low_bpm > _FASTEST_BPM:
        return None
    return TempoBounds(low_bpm, high_bpm, hints.first_beat_s)


def _pinned(track: PulseTrack, hints: TempoHints) -> tuple[int, float] | None:
    """The pulse that a person has named, and its time."""
    if hints.first_beat_s is None:
        return None
    return int(np.abs(track.time_s - hints.first_beat_s).argmin()), hints.first_beat_s


def _confidence(track: PulseTrack, n_hits: int) -> float:
    """How much better than by chance the hits fit, 0..1; of few hits nobody can be sure."""
    nats_per_hit = (track.fit - _CHANCE_NATS) / n_hits
    fit = min(1.0, max(0.0, nats_per_hit / _SURE_NATS_PER_HIT))
    return fit * n_hits / (n_hits + _HALF_SURE_HITS)


def _counts_bpm(grid: SteadyGrid | None, pulses_s: Float64Array, pattern: BarPattern) -> float:
    """One tempo for all of a track, in counts a minute."""
    bpm = grid.bpm if grid else round(60.0 / float(np.median(np.diff(pulses_s))))
    return bpm * pattern.counts_per_pulse


def _counts(pulses_s: Float64Array, counts_per_pulse: int) -> Float64Array:
    """The counts of pulses, each cut into equal parts."""
    index = np.arange((len(pulses_s) - 1) * counts_per_pulse + 1) / counts_per_pulse
    return np.interp(index, np.arange(len(pulses_s)), pulses_s)


def _covering(finding: _Finding, duration_s: float) -> TempoMap:
    """The map of a finding, from the last beat not after the start to the first after the end."""
    beats_s = finding.beats_s
    first_step_s, last_step_s = beats_s[1] - beats_s[0], beats_s[-1] - beats_s[-2]
    n_before = math.ceil((beats_s[0] - _EDGE_S) / first_step_s)
    n_after = math.ceil((duration_s - beats_s[-1]) / last_step_s)
    kept = beats_s[max(0, np.searchsorted(beats_s, _EDGE_S, side="right") - 1) :]
    n_dropped = len(beats_s) - len(kept)
    before = beats_s[0] - first_step_s * np.arange(max(0, n_before), 0, -1)
    after = beats_s[-1] + last_step_s * np.arange(1, max(0, n_after) + 1)
    pattern = finding.pattern
    first_downbeat = (finding.first_downbeat + len(before) - n_dropped) % pattern.numerator
    signature = TimeSignature(first_downbeat, pattern.numerator, pattern.denominator)
    covered_s = np.concatenate([before, kept, after])
    return TempoMap(tuple(covered_s.tolist()), (signature,), finding.confidence, finding.is_steady)
