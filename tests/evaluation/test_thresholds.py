"""Tuning of thresholds on activations whose best threshold is known."""

import numpy as np
import pytest

from drumscribe.config import PeakPickingConfig
from drumscribe.drums import LANES8
from drumscribe.evaluation.matching import TOLERANCE_S, Counts, count_onsets
from drumscribe.evaluation.thresholds import GRID, LEVELS, ThresholdCounter
from drumscribe.models.frame_model import Activations
from drumscribe.timing import FRAME_RATE, frame_to_seconds
from picking import pick_events

CONFIG = PeakPickingConfig()
N_FRAMES = 4 * FRAME_RATE
KICK = LANES8.index_by_name["kick"]
NO_HITS = [[] for _ in LANES8.names]


def activations_of(heights_by_frame, drum=KICK):
    """Silence with single frames of the given heights in one class."""
    onset = np.zeros((N_FRAMES, len(LANES8)), np.float32)
    for frame, height in heights_by_frame.items():
        onset[frame, drum] = height
    return onset


def reference_of(frames, drum=KICK):
    onsets = [list(times) for times in NO_HITS]
    onsets[drum] = [frame_to_seconds(frame) for frame in sorted(frames)]
    return onsets


def best_of(*recordings, default=0.5):
    counter = ThresholdCounter(LANES8, CONFIG, default=default)
    for onset, reference_s in recordings:
        counter.add(onset, reference_s)
    return counter.best()


def test_the_threshold_parts_hits_from_noise():
    hits = {50: 0.9, 100: 0.8, 150: 0.7}
    noise = {75: 0.5, 125: 0.45, 175: 0.3}
    thresholds, counts = best_of((activations_of(hits | noise), reference_of(hits)))
    assert 0.5 < thresholds["kick"] <= 0.7
    assert counts["kick"] == Counts(n_true=3)


def test_the_middle_of_the_best_thresholds_is_taken():
    # 0.32 and above leaves the noise out, 0.72 and below keeps the hit.
    onset = activations_of({50: 0.73, 100: 0.31})
    thresholds, _ = best_of((onset, reference_of([50])))
    assert thresholds["kick"] == pytest.approx((0.32 + 0.72) / 2, abs=0.001)


def test_a_low_threshold_is_chosen_where_faint_hits_are_worth_false_ones():
    # At 0.2: 4 true, 1 false: F 8/9. At 0.6: 1 true, 3 missed: F 2/5.
    hits = {50: 0.62, 100: 0.21, 150: 0.21, 200: 0.21}
    thresholds, counts = best_of((activations_of(hits | {250: 0.21}), reference_of(hits)))
    assert thresholds["kick"] <= 0.2
    assert counts["kick"] == Counts(n_true=4, n_false=1)
    assert counts["kick"].f_measure == pytest.approx(8 / 9)


def test_classes_are_tuned_apart():
    snare = LANES8.index_by_name["snare"]
    onset = activations_of({50: 0.9, 100: 0.6}) + activations_of({70: 0.3, 120: 0.1}, snare)
    reference_s = reference_of([50])
    reference_s[snare] = reference_of([70], snare)[snare]
    thresholds, counts = best_of((onset, reference_s))
    assert 0.6 < thresholds["kick"] <= 0.9
    assert 0.1 < thresholds["snare"] <= 0.3
    assert counts["kick"] == counts["snare"] == Counts(n_true=1)


def test_recordings_are_counted_together():
    # Each alone would choose its own side of 0.5.
    loud = activations_of({50: 0.9, 100: 0.6}), reference_of([50])
    faint = activations_of({frame: 0.4 for frame in (50, 100, 150)}), reference_of([50, 100, 150])
    thresholds, counts = best_of(loud, faint)
    assert thresholds["kick"] <= 0.4
    assert counts["kick"] == Counts(n_true=4, n_false=1)


@pytest.mark.parametrize("threshold", [0.5, 0.31])
def test_a_class_without_hits_keeps_the_configured_threshold(threshold):
    onset = activations_of({50: 0.9}, LANES8.index_by_name["crash"])
    thresholds, counts = best_of((onset, NO_HITS), default=threshold)
    assert thresholds == dict.fromkeys(LANES8.names, threshold)
    assert counts["crash"] == Counts(n_false=1)
    assert counts["ride"] == Counts()


def test_hits_that_are_never_found_are_counted_as_missed():
    thresholds, counts = best_of((activations_of({}), reference_of([50, 100])))
    assert counts["kick"] == Counts(n_missed=2)
    assert 0 <= thresholds["kick"] <= 1


@pytest.mark.parametrize("seed", range(5))
def test_counts_at_every_threshold_are_those_of_picking_with_it(seed):
    rng = np.random.default_rng(seed)
    # Rounded, so that activations are often equal to their neighbours and to grid points.
    onset = rng.uniform(0, 1, (N_FRAMES, len(LANES8))).round(2).astype(np.float32)
    # One tom is heard: of several together the less likely give way, which is no class's own doing.
    toms = [index for index, name in enumerate(LANES8.names) if name.endswith("_tom")]
    onset[:, [tom for tom in toms if tom != toms[seed % len(toms)]]] = 0
    reference_s = [np.sort(rng.uniform(0, 4, 12)).tolist() for _ in LANES8.names]
    counter = ThresholdCounter(LANES8, CONFIG, default=0.5)
    counter.add(onset, reference_s)
    for row, threshold in enumerate(GRID.tolist()):
        events = pick_events(
            Activations(onset, None, None), LANES8, CONFIG, dict.fromkeys(LANES8.names, threshold)
        )
        for index, name in enumerate(LANES8.names):
            found_s = [event.onset_s for event in events if event.drum == name]
            expected = count_onsets(reference_s[index], found_s, TOLERANCE_S)
            assert Counts(*counter.table[index, row].tolist()) == expected


def test_activations_are_worth_the_share_of_their_peaks_that_is_right():
    """Of 60 peaks at 0.9 all are hits, of 60 at 0.5 a half, of 60 at 0.1 none."""
    counter = ThresholdCounter(LANES8, CONFIG, default=0.5)
    for frame in range(10, 310, 15):
        for height, n_right in ((0.9, 3), (0.5, frame // 15 % 2 * 3), (0.1, 0)):
            for repeat in range(3):
                hits = [frame] if repeat < n_right else []
                counter.add(activations_of({frame: height}), reference_of(hits))
    confidence = counter.calibrations()["kick"].confidence(np.array([0.9, 0.5, 0.1]))
    assert confidence == pytest.approx([1, 0.5, 0], abs=0.12)


def test_curves_are_the_counts_at_the_thresholds_of_the_grid():
    counter = ThresholdCounter(LANES8, CONFIG, default=0.5)
    counter.add(activations_of({50: 0.5, 100: 0.997}), reference_of([50, 100]))
    curve = counter.curves()["kick"]
    assert len(curve) == len(GRID) < len(LEVELS)
    assert curve[-1] == Counts(n_true=1, n_missed=1)
