"""Choosing thresholds on labelled recordings, by every strategy."""

import numpy as np
import pytest

from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.evaluation.figures import write_threshold_figure
from drumscribe.evaluation.references import Reference, ReferenceSet
from drumscribe.evaluation.tuning import tune
from drumscribe.events import DrumEvent
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import ModelHeader
from drumscribe.timing import FRAME_RATE, frame_to_seconds
from drumscribe.utils.errors import DrumscribeError

N_FRAMES = 2000


class EchoModel:
    """A frame model whose log-mel is its onset activations."""

    n_at_once = 1

    def __init__(self, kit=LANES8):
        thresholds = dict.fromkeys(kit.names, 0.5)
        self.header = ModelHeader(kit, FeatureConfig(n_mels=len(kit)), ModelConfig(), thresholds)

    def __call__(self, log_mel):
        return Activations(log_mel, None, None)


def kick_reference():
    """Kicks at 0.9, 0.5 and 0.3 (ten each), and wrong peaks: three at 0.4 and forty at 0.2."""
    onset = np.zeros((N_FRAMES, len(LANES8)), np.float32)
    frames = iter(range(20, N_FRAMES, 20))
    events = []
    for height, n, is_hit in ((0.9, 10, True), (0.5, 10, True), (0.3, 10, True), (0.4, 3, False)):
        for frame in (next(frames) for _ in range(n)):
            onset[frame, 0] = height
            if is_hit:
                events.append(DrumEvent(frame_to_seconds(frame), "kick", 100))
    for frame in (next(frames) for _ in range(40)):
        onset[frame, 0] = 0.2
    return Reference("a", "kit", lambda: [onset], events)


def tuned(strategy):
    transcriber = Transcriber(EchoModel(), InferenceConfig())
    return tune(transcriber, ReferenceSet([kick_reference()]), InferenceConfig(), strategy=strategy)


def test_max_f1_finds_the_threshold_between_hits_and_false_peaks():
    found = tuned("max_f1")
    assert 0.2 < found.thresholds["kick"] <= 0.3
    assert found.counts["kick"].recall == 1
    assert found.counts["kick"].precision == pytest.approx(30 / 33)


def test_rhythm_game_takes_all_the_recall_that_a_precision_of_80_percent_allows():
    found = tuned("rhythm_game")
    assert found.counts["kick"].recall == 1
    assert found.counts["kick"].precision >= 0.8


def test_balanced_finds_as_many_hits_as_there_are():
    counts = tuned("balanced").counts["kick"]
    others = tuned("max_f1").curves["kick"]
    imbalance = [abs(c.precision - c.recall) for c in others if c.n_true]
    assert abs(counts.precision - counts.recall) == min(imbalance)


def test_a_drum_that_is_never_hit_keeps_the_configured_threshold():
    assert tuned("max_f1").thresholds["ride"] == InferenceConfig().threshold


def test_tuning_needs_recordings_and_the_eight_lanes():
    transcriber = Transcriber(EchoModel(), InferenceConfig())
    with pytest.raises(DrumscribeError, match="the set: holds no labelled recordings"):
        tune(transcriber, ReferenceSet([]), InferenceConfig())
    other = Transcriber(EchoModel(ARTICULATIONS12), InferenceConfig())
    with pytest.raises(DrumscribeError, match="is of articulations12"):
        tune(other, ReferenceSet([kick_reference()]), InferenceConfig())


@pytest.mark.slow
def test_the_curves_can_be_drawn(tmp_path):
    path = tmp_path / "thresholds.png"
    write_threshold_figure(tuned("max_f1"), path)
    assert path.read_bytes().startswith(b"\x89PNG")


def doubled_reference(gap_frames, *, is_real):
    """Kicks with a lower peak ``gap_frames`` after each, which is or is not a hit of its own.

    Lower still are real hits of their own, so no threshold can tell them.
    """
    onset = np.zeros((N_FRAMES, len(LANES8)), np.float32)
    frames = np.arange(20, N_FRAMES - 20, 40)
    onset[frames, 0] = 0.9
    onset[frames + gap_frames, 0] = 0.8
    onset[frames + 20, 0] = 0.6
    hits = np.concatenate([frames, frames + 20, *([frames + gap_frames] if is_real else [])])
    events = [DrumEvent(frame_to_seconds(int(frame)), "kick", 100) for frame in np.sort(hits)]
    return Reference("a", "kit", lambda: [onset], events)


def tuned_gap(reference, **inference):
    config = InferenceConfig(**inference)
    return tune(Transcriber(EchoModel(), config), ReferenceSet([reference]), config)


def test_a_gap_wide_enough_against_double_peaks_is_chosen():
    found = tuned_gap(doubled_reference(4, is_real=False))
    assert found.peak_picking.min_gap_s > 4 / FRAME_RATE
    assert found.counts["kick"].f_measure == 1


def test_a_gap_that_leaves_fast_hits_is_chosen_and_of_equals_the_models_own():
    found = tuned_gap(doubled_reference(4, is_real=True))
    assert found.peak_picking.min_gap_s == EchoModel().header.peak_picking.min_gap_s
    assert found.counts["kick"].f_measure == 1


def test_a_gap_that_is_set_is_kept():
    found = tuned_gap(doubled_reference(4, is_real=False), min_gap_s=0.025)
    assert found.peak_picking.min_gap_s == 0.025
    assert list(found.gaps) == [0.025]


def test_a_tuned_header_has_all_that_was_found_and_says_how():
    found = tuned_gap(doubled_reference(4, is_real=False))
    header = found.applied_to(EchoModel().header)
    assert header.thresholds == found.thresholds
    assert header.peak_picking == found.peak_picking
    assert header.calibration == found.calibration
    assert set(header.calibration) == set(LANES8.names)
    assert header.provenance["tuning"] == {"strategy": "max_f1", "n_recordings": 1}


def test_the_text_says_which_gap_was_chosen():
    found = tuned_gap(doubled_reference(4, is_real=False))
    chosen = f"smallest gap {found.peak_picking.min_gap_s * 1000:.0f} ms: F 1.0000  <- chosen"
    assert chosen in found.lines()
