"""What hits and the network's activations say of beats, worked out by hand."""

import numpy as np
import pytest

from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.inference.bar_patterns import GROUPS
from drumscribe.inference.beat_evidence import beat_evidence
from drumscribe.timing import FRAME_RATE


def groups_of(evidence):
    return [GROUPS[group] for group in evidence.group]


def activations(n_frames):
    """Beat and downbeat activations that are the same everywhere."""
    return np.full((n_frames, 2), 0.1, np.float32)


def test_hits_in_any_order_are_told_in_order_with_what_they_do_in_a_bar():
    drums = ["kick", "snare", "hihat", "ride", "crash", "high_tom", "mid_tom", "low_tom"]
    events = [DrumEvent(0.5 * k, drum, 100) for k, drum in enumerate(drums)]
    evidence = beat_evidence(events[::-1], LANES8, None)
    assert evidence.onset_s.tolist() == [0.5 * k for k in range(8)]
    assert groups_of(evidence) == ["kick", "snare", "time", "time", "crash", "tom", "tom", "tom"]
    assert evidence.frame.tolist() == [49 * k for k in range(8)]


def test_articulations_count_as_their_lanes():
    events = [DrumEvent(0.0, "hihat_pedal", 90), DrumEvent(1.0, "side_stick", 90)]
    assert groups_of(beat_evidence(events, ARTICULATIONS12, None)) == ["time", "snare"]


def test_a_snare_half_as_loud_as_the_loud_ones_is_a_ghost_note():
    velocities = [100, 100, 40, 100, 55, 100]
    events = [DrumEvent(float(k), "snare", velocity) for k, velocity in enumerate(velocities)]
    found = groups_of(beat_evidence(events, LANES8, None))
    assert found == ["snare", "snare", "ghost", "snare", "snare", "snare"]
    softer = [DrumEvent(e.onset_s, "snare", e.velocity // 3) for e in events]
    assert groups_of(beat_evidence(softer, LANES8, None)) == found
    assert groups_of(beat_evidence([DrumEvent(0.0, "kick", 1)], LANES8, None)) == ["kick"]


@pytest.mark.parametrize("minutes", [0.1, 2.5])
def test_a_beat_is_worth_the_logarithm_of_its_activation_against_the_mean(minutes):
    """Hundredths are added to both; each peak is heard on five frames."""
    n_frames = round(60 * minutes * FRAME_RATE)
    beat = activations(n_frames)
    beat[5::100, 0] = 0.9
    evidence = beat_evidence([], LANES8, beat)
    n_high = 5 * len(range(5, n_frames, 100))
    mean = (n_high * 0.92 + (n_frames - n_high) * 0.12) / n_frames
    gain = evidence.beat_gain(np.array([2, 3, 5, 7, 8, 503, 508]))
    high, low = np.log(0.92 / mean), np.log(0.12 / mean)
    assert gain[:, 0] == pytest.approx([low, high, high, high, low, high, low], abs=1e-4)
    assert gain[:, 1] == pytest.approx(0, abs=1e-4)  # the same everywhere says nothing


def test_nothing_is_worth_anything_outside_the_recording():
    beat = activations(100)
    beat[[0, 99]] = 0.9
    gain = beat_evidence([], LANES8, beat).beat_gain(np.array([-1, 0, 99, 100, 1000]))
    assert (gain[[0, 3, 4]] == 0).all()
    assert (gain[[1, 2]] > 1).all()
    assert not beat_evidence([], LANES8, None).beat_gain(np.array([0, 5])).any()


def test_the_end_of_a_recording_is_not_heard_at_its_start():
    beat = activations(100)
    beat[99] = 0.9
    low, high = beat_evidence([], LANES8, beat).beat_gain(np.array([0, 97]))
    assert high[0] - low[0] == pytest.approx(np.log(0.92 / 0.12), abs=1e-4)
    beat = beat[::-1].copy()
    high, low = beat_evidence([], LANES8, beat).beat_gain(np.array([2, 99]))
    assert high[0] - low[0] == pytest.approx(np.log(0.92 / 0.12), abs=1e-4)


def test_activations_that_are_none_count_as_silence():
    beat = activations(100)
    beat[40] = np.nan
    beat[60:70] = np.nan
    gain = beat_evidence([], LANES8, beat).beat_gain(np.arange(100))
    assert np.isfinite(gain).all()
    assert gain[40] == pytest.approx(gain[20])
    assert (gain[65] < gain[20] - 1).all()


def test_the_activations_themselves_stay_as_they_are():
    beat = activations(100)
    beat[50] = 0.9
    before = beat.copy()
    beat_evidence([], LANES8, beat).beat_gain(np.arange(100))
    np.testing.assert_array_equal(beat, before)
