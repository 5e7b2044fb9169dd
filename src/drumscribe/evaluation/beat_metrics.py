"""Scores of beats by mir_eval's rules: beats, downbeats and tempo, where they are known.

A beat is found when an estimate lies within 70 ms of it. As is usual in the field, beats in a
recording's first five seconds are not scored; a recording with none after them has no score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.tempo import Beat, TempoMap
from drumscribe.utils.arrays import Float64Array

TEMPO_TOLERANCE = 0.04
"""A tempo is right within this part of the reference's, as in the field's tempo contests."""


@dataclass(frozen=True)
class BeatScore:
    """How well the beats of one recording were found.

    Attributes:
        beat_f: F-measure of all beats.
        downbeat_f: F-measure of first beats of bars; ``None`` where the reference has none.
        tempo_ratio: estimated over reference tempo, by the median beats.
    """

    beat_f: float
    downbeat_f: float | None
    tempo_ratio: float

    def has_tempo(self, ratio: float = 1.0) -> bool:
        """Whether the tempo is right, or ``ratio`` times the right one."""
        return abs(self.tempo_ratio / ratio - 1.0) <= TEMPO_TOLERANCE


def beat_score(reference: Sequence[Beat], tempo: TempoMap) -> BeatScore | None:
    """The score of one recording, ``None`` where too few beats are known.

    Args:
        reference: its beats in order of time; the estimate is scored up to a beat beyond the last.
        tempo: what was found.
    """
    from mir_eval.beat import f_measure, trim_beats

    wanted_s = np.array([beat.time_s for beat in reference], np.float64)
    if len(trim_beats(wanted_s)) < 2:
        return None
    step_s = float(np.median(np.diff(wanted_s)))
    found = [b for b in tempo.beats() if 0 <= b.time_s <= wanted_s[-1] + step_s / 2]
    beats = [trim_beats(times) for times in (wanted_s, _times(found))]
    downbeats = [trim_beats(_times([b for b in of if b.number == 1])) for of in (reference, found)]
    return BeatScore(
        float(f_measure(*beats)),
        float(f_measure(*downbeats)) if len(downbeats[0]) else None,
        tempo.bpm * step_s / 60.0,
    )


def beat_summary(scores: Sequence[BeatScore]) -> dict[str, float | None]:
    """Means over recordings, at least one, as plain values; ``None`` for downbeats none has."""
    downbeat_f = _mean_downbeat_f(scores)
    return {
        "n_recordings": len(scores),
        **{name: round(mean, 4) for name, mean in _means(scores).items()},
        "downbeat_f": None if downbeat_f is None else round(downbeat_f, 4),
    }


def beat_line(scores: Sequence[BeatScore]) -> str:
    """The summary for people."""
    mean, downbeat_f = _means(scores), _mean_downbeat_f(scores)
    return (
        f"beats: F {mean['beat_f']:.3f}, "
        f"downbeats F {'-' if downbeat_f is None else f'{downbeat_f:.3f}'}, "
        f"tempo within {100 * TEMPO_TOLERANCE:.0f} %: {100 * mean['tempo_right']:.0f} % "
        f"(double {100 * mean['tempo_double']:.0f} %, half {100 * mean['tempo_half']:.0f} %) "
        f"of {len(scores)} recordings"
    )


def _means(scores: Sequence[BeatScore]) -> dict[str, float]:
    """What every recording has."""
    return {
        "beat_f": float(np.mean([score.beat_f for score in scores])),
        "tempo_right": float(np.mean([score.has_tempo() for score in scores])),
        "tempo_double": float(np.mean([score.has_tempo(2.0) for score in scores])),
        "tempo_half": float(np.mean([score.has_tempo(0.5) for score in scores])),
    }


def _mean_downbeat_f(scores: Sequence[BeatScore]) -> float | None:
    known = [score.downbeat_f for score in scores if score.downbeat_f is not None]
    return float(np.mean(known)) if known else None


def _times(beats: Sequence[Beat]) -> Float64Array:
    return np.array([beat.time_s for beat in beats], np.float64)
