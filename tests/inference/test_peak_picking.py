"""Peaks: cases worked out by hand, and what must hold for any activations."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.config import PeakPickingConfig
from drumscribe.drums import LANES8
from drumscribe.inference.peak_picking import (
    DEFAULT_VELOCITY,
    EventPicker,
    find_peaks,
)
from drumscribe.inference.picker_settings import PickerSettings
from drumscribe.models.calibration import Calibration
from drumscribe.models.frame_model import Activations
from drumscribe.timing import FRAME_RATE
from picking import pick_events

CONFIG = PeakPickingConfig()  # peaks are the highest of 2 frames around them and 3 frames apart
LOW = dict.fromkeys(LANES8.names, 0.5)

# Few different heights, so that equal neighbours are common.
curves = st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0]), min_size=1, max_size=80)
configs = st.builds(
    PeakPickingConfig,
    peak_window_s=st.floats(0, 0.1),
    min_gap_s=st.floats(0, 0.2),
)


def curve(values):
    return np.array(values, np.float32)


def frames_of(values, threshold=0.5, config=CONFIG):
    return find_peaks(curve(values), config, threshold=threshold).frame.tolist()


def activations_of(**curves_by_name):
    n_frames = max(map(len, curves_by_name.values()))
    onset = np.zeros((n_frames, len(LANES8)), np.float32)
    for name, values in curves_by_name.items():
        onset[: len(values), LANES8.index_by_name[name]] = values
    return Activations(onset, None, None)


def lone(frame, n_frames=40, height=0.9):
    values = np.zeros(n_frames, np.float32)
    values[frame] = height
    return values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.2, 0.9, 0.3, 0], [2]),
        ([0.9, 0.2, 0, 0, 0], [0]),
        ([0, 0, 0, 0.2, 0.9], [4]),
        ([0.9], [0]),
        ([0, 0, 0, 0], []),
        ([0, 0.4, 0.49, 0.4, 0], []),
        ([0, 0.5, 0], [1]),  # reaching the threshold is enough
        ([0, 0.6, 0.1, 0.9, 0], [3]),  # two frames apart: the higher one
        ([0, 0.9, 0.1, 0.6, 0], [1]),
        ([0, 0.6, 0.1, 0.1, 0.9], [1, 4]),  # three frames apart: both
        ([0, 0.7, 0.1, 0.7, 0], [1]),  # equal: the earlier one
        ([0.6, 0.7, 0.8, 0.9, 1.0], [4]),
        ([1.0, 0.9, 0.8, 0.7, 0.6], [0]),
        ([0.9, 0, 0, 0.9, 0, 0, 0.9], [0, 3, 6]),
    ],
)
def test_cases_worked_out_by_hand(values, expected):
    assert frames_of(values) == expected


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 30])
def test_a_plateau_is_one_hit_at_its_first_frame(length):
    assert frames_of([0.0] * 5 + [1.0] * length + [0.0] * 5) == [5]
    assert frames_of([1.0] * length) == [0]


def test_a_peak_gives_way_only_to_a_higher_one_that_stays():
    """0.7 gives way to 0.8, which gives way to 0.9: 0.7 is near no hit, but must not come back."""
    config = PeakPickingConfig(peak_window_s=0.0, min_gap_s=3 / FRAME_RATE)
    assert frames_of([0.7, 0, 0.8, 0, 0.9], config=config) == [0, 4]
    config = PeakPickingConfig(peak_window_s=2 / FRAME_RATE, min_gap_s=0.0)
    assert frames_of([0.7, 0, 0.8, 0, 0.9], config=config) == [4]


@pytest.mark.parametrize(("gap_s", "second"), [(0.020, 2), (0.025, 3), (3 / FRAME_RATE, 3)])
def test_the_gap_is_rounded_up_and_hits_just_so_far_apart_stay(gap_s, second):
    config = PeakPickingConfig(peak_window_s=0.0, min_gap_s=gap_s)
    values = [0.9, 0.8, 0.7, 0.6]
    assert frames_of(values, config=config)[:2] == [0, second]
    assert frames_of(values[::-1], config=config)[-2:] == [3 - second, 3]


def test_the_peak_window_is_seconds_on_both_sides():
    config = PeakPickingConfig(peak_window_s=0.05, min_gap_s=0.0)  # five frames
    assert frames_of([0.6, 0, 0, 0, 0, 0.9, 0, 0, 0, 0, 0.6], config=config) == [5]
    assert frames_of([0.6, 0, 0, 0, 0, 0, 0.9], config=config) == [0, 6]


def test_nothing_is_a_hit_where_nothing_is_heard_even_at_threshold_zero():
    assert frames_of([0.0] * 10, threshold=0.0) == []


def test_heights_are_the_activations():
    peaks = find_peaks(curve([0, 0.75, 0, 0, 0, 0.5]), CONFIG, threshold=0.5)
    assert peaks.height.tolist() == [0.75, 0.5]


@given(values=curves, config=configs, threshold=st.floats(0, 1))
def test_raising_the_threshold_afterwards_is_picking_with_it_from_the_start(
    values, config, threshold
):
    everything = find_peaks(curve(values), config, threshold=0.0)
    later = everything.above(threshold)
    picked = find_peaks(curve(values), config, threshold=threshold)
    # A threshold of 0 counts only what is heard at all, in both.
    assert later.frame.tolist() == picked.frame.tolist()
    assert later.height.tolist() == picked.height.tolist()


@given(values=curves, config=configs)
def test_hits_are_never_nearer_than_the_gap_and_in_order(values, config):
    frames = find_peaks(curve(values), config, threshold=0.1).frame
    gaps_s = np.diff(frames) / FRAME_RATE
    assert (gaps_s > 0).all()
    assert (gaps_s >= config.min_gap_s - 1e-6).all()


@given(values=curves, config=configs)
def test_every_hit_is_the_highest_around_and_the_highest_of_all_is_a_hit(values, config):
    activation = curve(values)
    peaks = find_peaks(activation, config, threshold=0.1)
    for frame, height in zip(peaks.frame, peaks.height, strict=True):
        reach = int(config.peak_window_s * FRAME_RATE)
        assert height == activation[frame] == activation[max(0, frame - reach) : frame + 1].max()
        assert height >= activation[frame : frame + reach + 1].max()
    if activation.max() >= 0.1:
        assert int(activation.argmax()) in peaks.frame


@pytest.mark.slow
@pytest.mark.timeout(20)
def test_hours_of_close_candidates_are_thinned_out_in_seconds():
    """Four hours of a hi-hat that never rests; comparing each hit with all took minutes."""
    activation = np.random.default_rng(0).uniform(0.1, 1, 4 * 3600 * FRAME_RATE)
    config = PeakPickingConfig(peak_window_s=0.01, min_gap_s=0.05)
    frames = find_peaks(activation.astype(np.float32), config, threshold=0.1).frame
    assert len(frames) > 100_000
    assert np.diff(frames).min() >= 5


def test_each_class_has_its_own_threshold():
    heard = activations_of(kick=lone(5, height=0.4), snare=lone(5, height=0.4))
    events = pick_events(heard, LANES8, CONFIG, LOW | {"snare": 0.3})
    assert [event.drum for event in events] == ["snare"]


def test_classes_do_not_mask_each_other():
    heard = activations_of(kick=lone(5, height=0.9), snare=lone(6, height=0.6))
    events = pick_events(heard, LANES8, CONFIG, LOW)
    assert [(event.drum, event.onset_s) for event in events] == [
        ("kick", 5 / FRAME_RATE),
        ("snare", 6 / FRAME_RATE),
    ]


def test_events_are_sorted_by_time_then_by_class():
    heard = activations_of(ride=lone(3), snare=lone(9), kick=lone(9), crash=lone(30))
    events = pick_events(heard, LANES8, CONFIG, LOW)
    assert [event.drum for event in events] == ["ride", "kick", "snare", "crash"]


def test_confidence_is_the_height_of_the_peak():
    heard = activations_of(kick=lone(5, height=0.75))
    assert pick_events(heard, LANES8, CONFIG, LOW)[0].confidence == 0.75


def test_no_confidence_is_above_1_whatever_the_model_says():
    heard = activations_of(kick=lone(5, height=1.25))
    assert pick_events(heard, LANES8, CONFIG, LOW)[0].confidence == 1.0


@pytest.mark.parametrize(
    ("activation", "velocity"),
    [(0.0, 1), (0.001, 1), (1 / 127, 1), (64 / 127, 64), (0.996, 126), (1.0, 127), (1.2, 127)],
)
def test_velocities_are_midis(activation, velocity):
    heard = activations_of(kick=lone(5))
    velocities = np.full(heard.onset.shape, 0.3, np.float32)
    velocities[5, 0] = activation
    events = pick_events(Activations(heard.onset, velocities, None), LANES8, CONFIG, LOW)
    assert [event.velocity for event in events] == [velocity]


def test_a_model_without_velocities_gives_one_for_all():
    events = pick_events(activations_of(kick=lone(5), ride=lone(9)), LANES8, CONFIG, LOW)
    assert {event.velocity for event in events} == {DEFAULT_VELOCITY}


def test_without_calibration_confidence_is_the_activation():
    [event] = pick_events(activations_of(kick=lone(5, height=0.75)), LANES8, CONFIG, LOW)
    assert event.confidence == 0.75


def test_calibration_changes_confidence_and_not_what_is_a_hit():
    heard = activations_of(kick=lone(5, height=0.8), snare=lone(9, height=0.45))
    plain = dict.fromkeys(LANES8.names, Calibration())
    calibration = plain | {"kick": Calibration(scale=0.5), "snare": Calibration(offset=5.0)}
    [event] = pick_events(heard, LANES8, CONFIG, LOW, calibration)
    assert event.drum == "kick"
    assert event.confidence == pytest.approx(2 / 3)  # odds of 4 become 2


@given(values=curves, config=configs, cuts=st.lists(st.integers(0, 80), max_size=6))
def test_hits_are_the_same_however_the_activations_are_cut(values, config, cuts):
    onset = np.stack([curve(values), curve(values[::-1])] * 4, axis=1)
    velocity = np.linspace(0, 1, onset.size, dtype=np.float32).reshape(onset.shape)
    whole = pick_events(Activations(onset, velocity, None), LANES8, config, LOW)
    picker = EventPicker(PickerSettings(LANES8, config, LOW))
    edges = [0, *sorted(min(cut, len(onset)) for cut in cuts), len(onset)]
    for first, end in itertools.pairwise(edges):
        picker.push(Activations(onset[first:end], velocity[first:end], None))
    assert picker.finish() == whole
    for name, column in zip(LANES8.names, onset.T, strict=True):
        peaks = find_peaks(np.ascontiguousarray(column), config, threshold=LOW[name])
        times = [event.onset_s for event in whole if event.drum == name]
        wanted = [frame / FRAME_RATE for frame in peaks.frame.tolist()]
        assert set(times) <= set(wanted) if name.endswith("_tom") else times == wanted


def test_nothing_heard_is_no_hits():
    thresholds = dict.fromkeys(LANES8.names, 0.5)
    assert EventPicker(PickerSettings(LANES8, PeakPickingConfig(), thresholds)).finish() == []
