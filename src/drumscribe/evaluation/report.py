"""What an evaluation found, as numbers for programs and a table for people.

Micro scores sum the counts of all recordings and classes; macro scores average the F-measures of
the classes that occur. Raw labels are the dataset's own; aligned ones were shifted by each
recording's measured offset.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.evaluation.beat_metrics import BeatScore, beat_line, beat_summary
from drumscribe.evaluation.comparison import Judgement
from drumscribe.evaluation.excerpts import Excerpt
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.metrics import TOLERANCES_S
from drumscribe.evaluation.reliability import Bin, expected_calibration_error, reliability
from drumscribe.utils.arrays import Float64Array, IntArray

ALIGNED = "aligned"
RAW = "raw"

_N_BOOTSTRAP = 1000


@dataclass(frozen=True)
class RecordingScore:
    """The counts of one recording.

    Attributes:
        name: the recording.
        kit_name: its group.
        performance: what recordings of the same playing on several kits share.
        counts: by label variant ("aligned", "raw"), tolerance in seconds, and class.
        velocity: counts of hits with the right velocity, where velocities are known.
        judgement: what became of every hit.
        beats: scores of its beats, where they are known.
    """

    name: str
    kit_name: str
    performance: str
    counts: dict[str, dict[float, dict[str, Counts]]]
    velocity: Counts | None
    judgement: Judgement = field(repr=False)
    beats: BeatScore | None = None

    @property
    def headline(self) -> Counts:
        """Counts over all classes with aligned labels at the headline tolerance."""
        return sum(self.counts[ALIGNED][TOLERANCES_S[0]].values(), Counts())


@dataclass(frozen=True)
class EvaluationReport:
    """The scores of a set of recordings.

    Attributes:
        classes: the names of the classes that were scored.
        recordings: the scores of each.
        provenance: of the model.
        left_out: how many recordings could not be scored, by reason.
        excerpts: the worst places of the worst recordings, if they were asked for.
    """

    classes: tuple[str, ...]
    recordings: tuple[RecordingScore, ...]
    provenance: dict[str, Any]
    left_out: dict[str, int] = field(default_factory=dict)
    excerpts: tuple[Excerpt, ...] = ()

    def by_class(self, labels: str, tolerance_s: float) -> dict[str, Counts]:
        """Counts of each class over all recordings."""
        return {
            name: sum((r.counts[labels][tolerance_s][name] for r in self.recordings), Counts())
            for name in self.classes
        }

    def micro(self, labels: str, tolerance_s: float) -> Counts:
        """Counts over all recordings and classes."""
        return sum(self.by_class(labels, tolerance_s).values(), Counts())

    def macro_f(self, labels: str, tolerance_s: float) -> float:
        """Mean F-measure of the classes that occur in the reference."""
        scores = [c.f_measure for c in self.by_class(labels, tolerance_s).values() if c.n_reference]
        return float(np.mean(scores)) if scores else 0.0

    def by_kit(self) -> dict[str, Counts]:
        """Headline counts of each kit."""
        kits: dict[str, Counts] = defaultdict(Counts)
        for recording in self.recordings:
            kits[recording.kit_name] += recording.headline
        return dict(sorted(kits.items()))

    def velocity(self) -> Counts | None:
        """Counts of hits with the right velocity, ``None`` where no velocities are known."""
        known = [r.velocity for r in self.recordings if r.velocity is not None]
        return sum(known, Counts()) if known else None

    def beats(self) -> list[BeatScore]:
        """Scores of the beats of recordings whose beats are known."""
        return [r.beats for r in self.recordings if r.beats is not None]

    def hits(self) -> npt.NDArray[Any]:
        """Every estimated hit of all recordings, ``HIT_DTYPE``, shape (n,)."""
        return np.concatenate([recording.judgement.hits for recording in self.recordings])

    def timing_errors_s(self) -> Float64Array:
        """Estimate minus reference of every matched hit, in seconds."""
        hits = self.hits()
        errors_s: Float64Array = hits["error_s"][hits["is_right"]].astype(np.float64)
        return errors_s

    def velocity_hits(self) -> npt.NDArray[Any]:
        """Those of ``hits`` that are right, of recordings whose velocities are known."""
        known = [r.judgement.hits for r in self.recordings if r.velocity is not None]
        return np.concatenate([hits[hits["is_right"]] for hits in known] or [self.hits()[:0]])

    def reliability(self, name: str | None = None) -> list[Bin]:
        """Confidence and precision of the estimated hits of class ``name``, or of all."""
        hits = self.hits()
        if name is not None:
            hits = hits[hits["drum"] == self.classes.index(name)]
        return reliability(hits["confidence"], hits["is_right"])

    def confusion(self) -> tuple[IntArray, IntArray]:
        """``missed_as`` and ``false_as`` of all recordings, as in ``Judgement``."""
        judged = [recording.judgement for recording in self.recordings]
        missed = np.sum([judgement.missed_as for judgement in judged], axis=0)
        false = np.sum([judgement.false_as for judgement in judged], axis=0)
        return missed, false

    def timing_ms(self) -> dict[str, float]:
        """Median error ("bias") and median absolute error of matched hits, in milliseconds."""
        errors = self.timing_errors_s() * 1000
        if not len(errors):
            return {"bias": 0.0, "median_absolute": 0.0}
        return {
            "bias": float(np.median(errors)),
            "median_absolute": float(np.median(np.abs(errors))),
        }

    def interval(self) -> tuple[float, float] | None:
        """95 % bootstrap interval of the headline micro F-measure; ``None`` of one performance.

        Performances are redrawn, each with all its recordings: the same playing on many kits is not
        as many independent samples.
        """
        groups: dict[str, Counts] = defaultdict(Counts)
        for recording in self.recordings:
            groups[recording.performance] += recording.headline
        if len(groups) < 2:
            return None
        table = np.array([[c.n_true, c.n_false, c.n_missed] for c in groups.values()])
        rng = np.random.default_rng(0)
        draws = rng.integers(len(table), size=(_N_BOOTSTRAP, len(table)))
        true, false, missed = table[draws].sum(axis=1).T
        scores = 2 * true / np.maximum(1, 2 * true + false + missed)
        low, high = np.percentile(scores, [2.5, 97.5])
        return float(low), float(high)

    def interval_text(self) -> str:
        """The interval for people, or why there is none."""
        interval = self.interval()
        if interval is None:
            return "none, as there is but one performance"
        low, high = interval
        return f"{low:.3f}..{high:.3f}"

    def to_dict(self) -> dict[str, Any]:
        """Everything, as plain values for JSON."""
        velocity, interval = self.velocity(), self.interval()
        return {
            "n_recordings": len(self.recordings),
            "left_out": dict(self.left_out),
            "classes": list(self.classes),
            "model": self.provenance,
            "micro": {
                labels: {
                    f"{tolerance_s * 1000:.0f}ms": _scores(self.micro(labels, tolerance_s))
                    | {"macro_f": round(self.macro_f(labels, tolerance_s), 4)}
                    for tolerance_s in TOLERANCES_S
                }
                for labels in (ALIGNED, RAW)
            },
            "interval_95": interval and [round(edge, 4) for edge in interval],
            "velocity": _scores(velocity) if velocity is not None else None,
            "timing_ms": {name: round(value, 2) for name, value in self.timing_ms().items()},
            "beats": beat_summary(self.beats()) if self.beats() else None,
            "calibration": self._calibration(),
            "by_class": _all_scores(self.by_class(ALIGNED, TOLERANCES_S[0])),
            "by_kit": _all_scores(self.by_kit()),
            "by_recording": _all_scores({r.name: r.headline for r in self.recordings}),
        }

    def _calibration(self) -> dict[str, Any]:
        bins = self.reliability()
        return {
            "expected_error": round(expected_calibration_error(bins), 4),
            "by_class": {
                name: round(expected_calibration_error(self.reliability(name)), 4)
                for name in self.classes
            },
            "bins": [
                {
                    "n_hits": found.n_hits,
                    "confidence": round(found.confidence, 4),
                    "precision": round(found.precision, 4),
                }
                for found in bins
            ],
        }

    def lines(self) -> list[str]:
        """The report as text."""
        lines = [f"{len(self.recordings)} recordings, {len(self.classes)} classes"]
        lines += [f"left out: {n} ({reason})" for reason, n in self.left_out.items()]
        lines.append("")
        lines.append(f"{'':24}{'P':>8}{'R':>8}{'F':>8}{'macro F':>9}{'hits':>8}")
        for labels in (ALIGNED, RAW):
            for tolerance_s in TOLERANCES_S:
                name = f"{labels} labels, {tolerance_s * 1000:.0f} ms"
                macro = f"{self.macro_f(labels, tolerance_s):9.3f}"
                lines.append(_table_row(name, self.micro(labels, tolerance_s), macro))
        velocity = self.velocity()
        if velocity is not None:
            lines.append(_table_row("with velocity, 50 ms", velocity, " " * 9))
        timing = self.timing_ms()
        lines.append(f"95 % interval of the first F: {self.interval_text()}")
        lines.append(
            f"timing: bias {timing['bias']:+.1f} ms, "
            f"median absolute error {timing['median_absolute']:.1f} ms"
        )
        error = expected_calibration_error(self.reliability())
        lines.append(f"confidence: expected calibration error {error:.3f}")
        lines += [beat_line(self.beats())] if self.beats() else []
        lines += ["", *_section("drum", self.by_class(ALIGNED, TOLERANCES_S[0]))]
        kits = self.by_kit()
        if len(kits) > 1:
            lines += ["", *_section("kit", kits)]
        return lines


def _scores(counts: Counts) -> dict[str, float]:
    return {
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
        "f_measure": round(counts.f_measure, 4),
        "n_reference": counts.n_reference,
        "n_true": counts.n_true,
        "n_false": counts.n_false,
    }


def _all_scores(counts: dict[str, Counts]) -> dict[str, dict[str, float]]:
    return {name: _scores(found) for name, found in counts.items()}


def _section(title: str, counts: dict[str, Counts]) -> list[str]:
    rows = [_table_row(name[:23], found, " " * 9) for name, found in counts.items()]
    return [f"{title:24}{'P':>8}{'R':>8}{'F':>8}{'':9}{'hits':>8}", *rows]


def _table_row(name: str, counts: Counts, macro: str) -> str:
    scores = f"{counts.precision:8.3f}{counts.recall:8.3f}{counts.f_measure:8.3f}"
    return f"{name:24}{scores}{macro}{counts.n_reference:8}"
