"""Scoring with models whose answers are known."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.evaluation.evaluate import evaluate
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.references import Reference, ReferenceSet
from drumscribe.evaluation.report import ALIGNED, RAW
from drumscribe.events import DrumEvent, fold_to_lanes
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import ModelHeader
from drumscribe.timing import FRAME_RATE, frame_to_seconds, seconds_to_frame
from drumscribe.utils.errors import DrumscribeError


class ClairvoyantModel:
    """A frame model whose log-mel bands are the answer: onset and velocity of each class."""

    n_at_once = 1

    def __init__(self, kit=LANES8):
        features = FeatureConfig(n_mels=2 * len(kit))
        thresholds = dict.fromkeys(kit.names, 0.5)
        self.header = ModelHeader(kit, features, ModelConfig(), thresholds, {"run_name": "stub"})

    def __call__(self, log_mel):
        n_classes = len(self.header.kit)
        return Activations(log_mel[..., :n_classes], log_mel[..., n_classes:], None)


def bands_of(events, kit, duration_s=4.0):
    """The log-mel that makes the clairvoyant model hear ``events``."""
    bands = np.zeros((round(duration_s * FRAME_RATE), 2 * len(kit)), np.float32)
    for event in events:
        column = kit.index_by_name[event.drum]
        frame = seconds_to_frame(event.onset_s)
        bands[frame, column] = 0.9
        bands[frame, len(kit) + column] = event.velocity / 127
    return bands


def events_of(kit, seed=1):
    """Hits of every class, none within another's reach."""
    rng = np.random.default_rng(seed)
    frames = 40 + 25 * rng.permutation(len(kit))
    return [
        DrumEvent(frame_to_seconds(int(frame)), name, int(rng.integers(1, 128)))
        for frame, name in sorted(zip(frames, kit.names, strict=True))
    ]


def reference_of(events, heard, *, kit=LANES8, name="a.wav", **options):
    bands = bands_of(heard, kit)
    return Reference(name, "Acoustic", lambda: [bands], fold_to_lanes(events, kit), **options)


def run(references, *, kit=LANES8, **options):
    transcriber = Transcriber(ClairvoyantModel(kit), InferenceConfig())
    return evaluate(transcriber, ReferenceSet(references), **options)


EVENTS = events_of(LANES8)


@pytest.mark.parametrize("merge_classes", [False, True])
def test_a_perfect_transcriber_scores_one(merge_classes):
    report = run([reference_of(EVENTS, EVENTS)], merge_classes=merge_classes)
    for labels in (ALIGNED, RAW):
        for tolerance_s in (0.05, 0.02):
            assert report.micro(labels, tolerance_s) == Counts(n_true=8)
            assert report.macro_f(labels, tolerance_s) == 1
    assert report.velocity() == Counts(n_true=8)
    assert report.timing_ms() == pytest.approx({"bias": 0, "median_absolute": 0}, abs=1e-6)


def test_a_deaf_transcriber_scores_zero():
    report = run([reference_of(EVENTS, [])])
    assert report.micro(ALIGNED, 0.05) == Counts(n_missed=8)


def test_what_is_heard_in_silence_is_false():
    report = run([reference_of([], EVENTS)])
    assert report.micro(ALIGNED, 0.05) == Counts(n_false=8)


def test_a_finer_kit_is_scored_on_the_eight_lanes():
    events = events_of(ARTICULATIONS12)
    report = run([reference_of(events, events, kit=ARTICULATIONS12)], kit=ARTICULATIONS12)
    assert report.classes == LANES8.names
    assert report.micro(ALIGNED, 0.05) == Counts(n_true=12)
    assert report.by_class(ALIGNED, 0.05)["hihat"] == Counts(n_true=3)


def test_a_wrong_tom_or_cymbal_is_right_when_classes_are_merged():
    mistaken = {"high_tom": "low_tom", "crash": "ride", "ride": "crash", "kick": "snare"}
    heard = [
        dataclasses.replace(event, drum=mistaken.get(event.drum, event.drum)) for event in EVENTS
    ]
    apart = run([reference_of(EVENTS, heard)])
    assert apart.micro(ALIGNED, 0.05) == Counts(n_true=4, n_false=4, n_missed=4)
    merged = run([reference_of(EVENTS, heard)], merge_classes=True)
    assert merged.classes == ("kick", "snare", "hihat", "tom", "cymbal")
    assert merged.micro(ALIGNED, 0.05) == Counts(n_true=7, n_false=1, n_missed=1)
    assert merged.by_class(ALIGNED, 0.05)["tom"] == Counts(n_true=3)
    assert merged.by_class(ALIGNED, 0.05)["snare"] == Counts(n_true=1, n_false=1)


def test_raw_labels_are_scored_without_the_offset_that_aligned_ones_had_added():
    report = run([reference_of(EVENTS, EVENTS, offset_s=0.04)])
    assert report.micro(ALIGNED, 0.02) == Counts(n_true=8)
    assert report.micro(RAW, 0.05) == Counts(n_true=8)
    assert report.micro(RAW, 0.02) == Counts(n_false=8, n_missed=8)


def test_timing_errors_are_estimate_minus_reference():
    late = [dataclasses.replace(e, onset_s=e.onset_s + frame_to_seconds(2)) for e in EVENTS]
    report = run([reference_of(EVENTS, late)])
    assert report.timing_ms()["bias"] == pytest.approx(2000 / FRAME_RATE)


def test_velocities_are_not_scored_where_labels_have_none():
    report = run([reference_of(EVENTS, EVENTS, has_velocity=False)])
    assert report.velocity() is None


def test_every_recording_is_in_the_report_with_the_models_provenance():
    references = [reference_of(EVENTS, EVENTS, name=name) for name in ("a.wav", "b.wav")]
    report = run(iter(references))
    assert [recording.name for recording in report.recordings] == ["a.wav", "b.wav"]
    assert report.provenance == {"run_name": "stub"}


def test_no_recordings_is_an_error_not_a_score():
    with pytest.raises(DrumscribeError, match="the set: holds no labelled recordings"):
        run([])


def test_what_was_left_out_is_told_beside_the_number_of_recordings():
    events = events_of(LANES8)
    transcriber = Transcriber(ClairvoyantModel(), InferenceConfig())
    left_out = Counter({"no usable audio": 3})
    report = evaluate(transcriber, ReferenceSet([reference_of(events, events)], left_out))
    assert report.to_dict()["left_out"] == {"no usable audio": 3}
    assert "left out: 3 (no usable audio)" in report.lines()


def test_excerpts_are_of_the_worst_recordings_and_none_unless_asked_for():
    references = [
        reference_of(EVENTS, EVENTS[:n_heard], name=f"{n_heard} heard") for n_heard in (8, 2, 5)
    ]
    report = run(references, n_excerpts=2)
    assert [excerpt.name for excerpt in report.excerpts] == ["2 heard", "5 heard"]
    assert report.excerpts[0].counts == Counts(n_true=2, n_missed=6)
    assert run(references).excerpts == ()


def test_a_wrong_drum_is_in_both_confusions():
    heard = [dataclasses.replace(e, drum="ride") if e.drum == "crash" else e for e in EVENTS]
    missed, false = run([reference_of(EVENTS, heard)]).confusion()
    crash, ride = LANES8.index_by_name["crash"], LANES8.index_by_name["ride"]
    assert missed[crash, ride] == false[ride, crash] == 1
    assert missed.sum() == false.sum() == 1


def test_confidence_is_compared_with_what_is_right():
    # The clairvoyant model's activations are 0.9, and half of its hits are wrong.
    noise = [dataclasses.replace(e, onset_s=e.onset_s + 0.1) for e in EVENTS]
    report = run([reference_of(EVENTS, sorted(EVENTS + noise))])
    [found] = report.reliability()
    assert (found.n_hits, found.precision) == (16, 0.5)
    assert found.confidence == pytest.approx(0.9)
