"""Choosing a model's thresholds on labelled recordings.

Never on the recordings that are scored afterwards: a split for tuning and one for scoring.
"""

from dataclasses import dataclass

from drumscribe.config import InferenceConfig
from drumscribe.drums import LANES8
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.references import ReferenceSet
from drumscribe.evaluation.thresholds import Strategy, ThresholdCounter
from drumscribe.inference.transcriber import Transcriber
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import progress_bar


@dataclass(frozen=True)
class Tuning:
    """What tuning found.

    Attributes:
        thresholds: of each lane by name.
        counts: of each lane at its threshold.
        curves: of each lane, its counts at every threshold of ``GRID``.
        n_recordings: how many recordings they come from.
    """

    thresholds: dict[str, float]
    counts: dict[str, Counts]
    curves: dict[str, list[Counts]]
    n_recordings: int

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
        return lines


def tune(
    transcriber: Transcriber,
    references: ReferenceSet,
    config: InferenceConfig,
    *,
    strategy: Strategy = "max_f1",
) -> Tuning:
    """The thresholds that suit labelled recordings best.

    Args:
        transcriber: of a model of the eight lanes.
        references: labelled recordings.
        config: peak picking.
        strategy: what is best; see ``ThresholdCounter.best``.

    Raises:
        DrumscribeError: when there are no recordings, or the model has another kit.
    """
    if transcriber.kit is not LANES8:
        raise DrumscribeError(
            f"tuning needs a model of the eight lanes, not {transcriber.kit.name}"
        )
    counter = ThresholdCounter(LANES8, config)
    n_recordings = 0
    with progress_bar("tuning", None, unit="recordings") as advance:
        for reference in references.recordings:
            onset = transcriber.activations(reference.frames()).onset
            counter.add(onset, [reference.onsets_s(name) for name in LANES8.names])
            n_recordings += 1
            advance(1)
    if n_recordings == 0:
        raise DrumscribeError("no labelled recordings to tune on")
    thresholds, counts = counter.best(strategy)
    curves = {
        name: [Counts(*row) for row in counter.table[index].tolist()]
        for index, name in enumerate(LANES8.names)
    }
    return Tuning(thresholds, counts, curves, n_recordings)
