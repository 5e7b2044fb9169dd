"""Choosing what a model's header says of its activations, on labelled recordings.

That is each lane's threshold, the smallest gap between two hits, and what activations are worth.
Never on the recordings that are scored afterwards: a split for tuning and one for scoring.
"""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from drumscribe.config import InferenceConfig, PeakPickingConfig
from drumscribe.drums import LANES8, Kit
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.references import ReferenceSet
from drumscribe.evaluation.thresholds import Strategy, ThresholdCounter
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.calibration import Calibration
from drumscribe.models.header import ModelHeader
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import progress_bar

_GAP_SLACK = 0.002
"""F-measure that is no reason to change a model's gap: a wider one swallows rolls and flams."""

MIN_GAPS_S = (0.02, 0.03, 0.04, 0.05, 0.06)
"""The smallest gaps that are tried, in seconds: two to six frames."""


@dataclass(frozen=True)
class Tuning:
    """What tuning found.

    Attributes:
        thresholds: of each lane by name.
        counts: of each lane at its threshold.
        curves: of each lane, its counts at every threshold of ``GRID``.
        n_recordings: how many recordings they come from.
        peak_picking: the settings they hold for.
        gaps: F-measure of all lanes by the smallest gap in seconds, of those that were tried.
        calibration: what activations of each lane are worth.
        strategy: what the thresholds were chosen for.
        kit: the lanes.
    """

    thresholds: dict[str, float]
    counts: dict[str, Counts]
    curves: dict[str, list[Counts]]
    n_recordings: int
    peak_picking: PeakPickingConfig
    gaps: dict[float, float]
    calibration: dict[str, Calibration]
    strategy: Strategy
    kit: Kit = LANES8

    def applied_to(self, header: ModelHeader) -> ModelHeader:
        """The header of a model that is used as tuned."""
        tuning = {"strategy": self.strategy, "n_recordings": self.n_recordings}
        return dataclasses.replace(
            header,
            thresholds=dict(self.thresholds),
            peak_picking=self.peak_picking,
            calibration=dict(self.calibration),
            provenance=header.provenance | {"tuning": tuning},
        )

    def lines(self) -> list[str]:
        """The thresholds and their scores as text."""
        lines = [
            f"{self.n_recordings} recordings",
            f"{'':12}{'threshold':>10}{'P':>8}{'R':>8}{'F':>8}",
        ]
        for name, threshold in self.thresholds.items():
            found = self.counts[name]
            scores = f"{found.precision:8.3f}{found.recall:8.3f}{found.f_measure:8.3f}"
            lines.append(f"{name:12}{threshold:10.2f}{scores}")
        for gap_s, f_measure in self.gaps.items():
            chosen = "  <- chosen" if gap_s == self.peak_picking.min_gap_s else ""
            lines.append(f"smallest gap {gap_s * 1000:.0f} ms: F {f_measure:.4f}{chosen}")
        return lines


def tune(
    transcriber: Transcriber,
    references: ReferenceSet,
    config: InferenceConfig,
    *,
    strategy: Strategy = "max_f1",
) -> Tuning:
    """The thresholds, smallest gap and calibration that suit labelled recordings best.

    The gap is that of the highest F-measure over all lanes, whatever the strategy; of those within
    0.002 of it the one nearest to the model's own.

    Args:
        transcriber: of a model whose every class is a lane.
        references: labelled recordings.
        config: its ``min_gap_s`` is kept where it is set; ``threshold`` goes to lanes without hits.
        strategy: what is best; see ``ThresholdCounter.best``.

    Raises:
        DrumscribeError: when there are no recordings, or the model has another kit.
    """
    kit = transcriber.kit
    if kit.lanes is not kit:
        raise DrumscribeError(
            f"the model is of {kit.name}, and tuning knows kits that are lanes themselves, as "
            "lanes8; choose thresholds with 'drumscribe transcribe --threshold'"
        )
    counters = _counters(kit, transcriber.settings.peak_picking, config)
    n_recordings = _count(transcriber, references, counters.values())
    if n_recordings == 0:
        raise references.without_any()
    gaps = {gap_s: _micro_f(counter) for gap_s, counter in counters.items()}
    own_gap_s = transcriber.settings.peak_picking.min_gap_s
    good_gaps_s = [gap_s for gap_s, f in gaps.items() if f >= max(gaps.values()) - _GAP_SLACK]
    gap_s = min(good_gaps_s, key=lambda gap_s: abs(gap_s - own_gap_s))
    thresholds, counts = counters[gap_s].best(strategy)
    return Tuning(
        thresholds=thresholds,
        counts=counts,
        curves=counters[gap_s].curves(),
        n_recordings=n_recordings,
        peak_picking=dataclasses.replace(transcriber.settings.peak_picking, min_gap_s=gap_s),
        gaps=gaps,
        calibration=counters[gap_s].calibrations(),
        strategy=strategy,
        kit=kit,
    )


def _counters(
    kit: Kit, own: PeakPickingConfig, config: InferenceConfig
) -> dict[float, ThresholdCounter]:
    """A counter for each smallest gap in seconds that is tried; the one that is set, if it is."""
    gaps_s: Sequence[float] = MIN_GAPS_S if config.min_gap_s is None else [config.min_gap_s]
    return {
        gap_s: ThresholdCounter(
            kit, dataclasses.replace(own, min_gap_s=gap_s), default=config.threshold
        )
        for gap_s in gaps_s
    }


def _count(
    transcriber: Transcriber, references: ReferenceSet, counters: Collection[ThresholdCounter]
) -> int:
    """Transcribe every recording once for all counters; how many there were."""
    n_recordings = 0
    with progress_bar("tuning", None, unit="recordings") as advance:
        for reference in references.recordings:
            onset = transcriber.activations(reference.frames()).onset
            reference_s = [reference.onsets_s(name) for name in transcriber.kit.names]
            for counter in counters:
                counter.add(onset, reference_s)
            n_recordings += 1
            advance(1)
    return n_recordings


def _micro_f(counter: ThresholdCounter) -> float:
    _, counts = counter.best()
    return sum(counts.values(), Counts()).f_measure
