"""Scoring a transcriber on labelled recordings."""

from collections.abc import Iterable
from dataclasses import replace

from drumscribe.drums import LANES8, MERGED_CLASS
from drumscribe.evaluation.metrics import (
    TOLERANCES_S,
    onset_counts,
    timing_errors_s,
    velocity_counts,
)
from drumscribe.evaluation.references import Reference, ReferenceSet
from drumscribe.evaluation.report import ALIGNED, RAW, EvaluationReport, RecordingScore
from drumscribe.events import DrumEvent, fold_to_lanes
from drumscribe.inference.transcriber import Transcriber
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import progress_bar


def evaluate(
    transcriber: Transcriber, references: ReferenceSet, *, merge_classes: bool = False
) -> EvaluationReport:
    """Transcribe every recording and compare.

    Args:
        transcriber: the same that ``drumscribe transcribe`` uses.
        references: labelled recordings.
        merge_classes: score five classes (toms and cymbals merged) instead of the eight lanes.

    Raises:
        DrumscribeError: when there are no recordings.
    """
    merged = MERGED_CLASS if merge_classes else {name: name for name in LANES8.names}
    classes = tuple(dict.fromkeys(merged.values()))
    scores = []
    with progress_bar("evaluating", None, unit="recordings") as advance:
        for reference in references.recordings:
            events = transcriber.events(transcriber.activations(reference.frames()))
            estimate = _merged(fold_to_lanes(events, transcriber.kit), merged)
            scores.append(_score(reference, estimate, merged, classes))
            advance(1)
    if not scores:
        raise DrumscribeError("no labelled recordings to score")
    provenance = transcriber.model.header.provenance
    return EvaluationReport(classes, tuple(scores), provenance, dict(references.left_out))


def _score(
    reference: Reference,
    estimate: list[DrumEvent],
    merged: dict[str, str],
    classes: tuple[str, ...],
) -> RecordingScore:
    wanted = {
        ALIGNED: _merged(reference.events, merged),
        RAW: _merged(reference.raw_events, merged),
    }
    velocity = velocity_counts(wanted[ALIGNED], estimate, classes)
    return RecordingScore(
        name=reference.name,
        kit_name=reference.kit_name,
        performance=reference.performance or reference.name,
        counts={
            labels: {
                tolerance_s: onset_counts(events, estimate, classes, tolerance_s)
                for tolerance_s in TOLERANCES_S
            }
            for labels, events in wanted.items()
        },
        velocity=velocity if reference.has_velocity else None,
        timing_errors_s=timing_errors_s(wanted[ALIGNED], estimate, classes),
    )


def _merged(events: Iterable[DrumEvent], merged: dict[str, str]) -> list[DrumEvent]:
    return [replace(event, drum=merged[event.drum]) for event in events]
