"""Scoring a transcriber on labelled recordings."""

from collections.abc import Iterable
from dataclasses import replace

from drumscribe.drums import Kit
from drumscribe.evaluation.beat_metrics import BeatScore, beat_score
from drumscribe.evaluation.comparison import Comparison, compare, judge
from drumscribe.evaluation.excerpts import WorstPlaces
from drumscribe.evaluation.metrics import TOLERANCES_S, onset_counts, velocity_counts
from drumscribe.evaluation.references import Reference, ReferenceSet
from drumscribe.evaluation.report import ALIGNED, RAW, EvaluationReport, RecordingScore
from drumscribe.events import DrumEvent, fold_to_lanes
from drumscribe.inference.beats import find_tempo
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.timing import frame_to_seconds
from drumscribe.utils.progress import progress_bar


def evaluate(
    transcriber: Transcriber,
    references: ReferenceSet,
    *,
    merge_classes: bool = False,
    n_excerpts: int = 0,
) -> EvaluationReport:
    """Transcribe every recording and compare.

    Args:
        transcriber: the same that ``drumscribe transcribe`` uses.
        references: labelled recordings.
        merge_classes: score five classes (toms and cymbals merged) instead of the kit's lanes.
        n_excerpts: of how many of the worst recordings a few seconds are kept to be looked at.

    Raises:
        DrumscribeError: when there are no recordings.
    """
    merged = _scored(transcriber.kit.lanes, merge_classes=merge_classes)
    classes = tuple(dict.fromkeys(merged.values()))
    scores = []
    worst = WorstPlaces(n_excerpts)
    with progress_bar("evaluating", None, unit="recordings") as advance:
        for reference in references.recordings:
            activations = transcriber.activations(reference.frames())
            events = transcriber.events(activations)
            estimate = _merged(fold_to_lanes(events, transcriber.kit), merged)
            wanted = {
                ALIGNED: _merged(reference.events, merged),
                RAW: _merged(reference.raw_events, merged),
            }
            comparison = compare(wanted[ALIGNED], estimate, classes)
            score = _score(reference, wanted, estimate, comparison, classes)
            beats = _beat_score(reference, events, activations, transcriber)
            scores.append(replace(score, beats=beats))
            worst.offer(reference, score.headline, comparison)
            advance(1)
    if not scores:
        raise references.without_any()
    provenance = transcriber.model.header.provenance
    left_out = dict(references.left_out)
    return EvaluationReport(classes, tuple(scores), provenance, left_out, worst.excerpts())


def _score(
    reference: Reference,
    wanted: dict[str, list[DrumEvent]],
    estimate: list[DrumEvent],
    comparison: Comparison,
    classes: tuple[str, ...],
) -> RecordingScore:
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
        judgement=judge(comparison, classes),
    )


def _beat_score(
    reference: Reference,
    events: list[DrumEvent],
    activations: Activations,
    transcriber: Transcriber,
) -> BeatScore | None:
    """The score of the beats, where the reference has beats."""
    if not reference.beats:
        return None
    duration_s = frame_to_seconds(len(activations.onset))
    tempo = find_tempo(events, transcriber.kit, activations.beat, duration_s=duration_s)
    return beat_score(reference.beats, tempo)


def _scored(lanes: Kit, *, merge_classes: bool) -> dict[str, str]:
    """The class that each lane is scored as; a lane of none of the five is left out."""
    if not merge_classes:
        return {name: name for name in lanes.names}
    return {drum.name: drum.merged for drum in lanes.classes if drum.merged is not None}


def _merged(events: Iterable[DrumEvent], merged: dict[str, str]) -> list[DrumEvent]:
    return [replace(event, drum=merged[event.drum]) for event in events if event.drum in merged]
