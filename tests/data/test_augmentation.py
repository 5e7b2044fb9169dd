"""Augmentation: what it may change, what it must leave alone, and that its seed decides it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from drumscribe.config import AugmentationConfig
from drumscribe.data.augmentation import add_power, augment

RANGE_DB = 80.0
OFF = AugmentationConfig(
    gain_db=0.0,
    tilt_db=0.0,
    eq_db=0.0,
    noise_probability=0.0,
    frequency_shift_bins=0,
    n_time_masks=0,
    n_frequency_masks=0,
    mixup_probability=0.0,
)
STRONG = AugmentationConfig(
    gain_db=30.0,
    tilt_db=30.0,
    eq_db=30.0,
    noise_probability=0.7,
    noise_floor_db=-10.0,
    frequency_shift_bins=8,
    n_time_masks=4,
    time_mask_s=0.3,
    n_frequency_masks=4,
    frequency_mask_bins=16,
)
CHANGES = {
    "gain_db": 6.0,
    "tilt_db": 6.0,
    "eq_db": 6.0,
    "noise_probability": 1.0,
    "frequency_shift_bins": 3,
    "n_time_masks": 2,
    "n_frequency_masks": 2,
}

levels = arrays(np.float32, (6, 5), elements=st.floats(0, 1, width=32))


def only(**changes):
    return dataclasses.replace(OFF, **changes)


@pytest.fixture
def log_mel():
    return np.random.default_rng(1).uniform(0.1, 0.9, (200, 40)).astype(np.float32)


def augmented(log_mel, config, seed=0):
    return augment(log_mel, config, np.random.default_rng(seed), range_db=RANGE_DB)


@pytest.mark.parametrize("seed", range(5))
def test_all_off_is_identity(log_mel, seed):
    np.testing.assert_array_equal(augmented(log_mel, OFF, seed), log_mel)


@pytest.mark.parametrize(("name", "value"), CHANGES.items())
def test_each_switch_changes_something_alone(log_mel, name, value):
    results = [augmented(log_mel, only(**{name: value}), seed) for seed in range(5)]
    assert any(not np.array_equal(result, log_mel) for result in results)


def test_masks_of_no_size_mask_nothing(log_mel):
    config = only(n_time_masks=3, n_frequency_masks=3, time_mask_s=0.0, frequency_mask_bins=0)
    np.testing.assert_array_equal(augmented(log_mel, config), log_mel)


@given(log_mel=levels, seed=st.integers(0, 1000))
def test_values_and_shape_stay_whatever_is_switched_on(log_mel, seed):
    result = augmented(log_mel, STRONG, seed)
    assert result.shape == log_mel.shape
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 1


@given(log_mel=levels, seed=st.integers(0, 1000))
def test_the_input_is_not_changed(log_mel, seed):
    before = log_mel.copy()
    augmented(log_mel, STRONG, seed)
    np.testing.assert_array_equal(log_mel, before)


@pytest.mark.parametrize("seed", range(5))
def test_silence_stays_silence_under_gain_and_equaliser(log_mel, seed):
    log_mel[50:60] = 0
    log_mel[:, 7] = 0
    result = augmented(log_mel, only(gain_db=30.0, tilt_db=30.0, eq_db=30.0), seed)
    assert not result[50:60].any()
    assert not result[:, 7].any()


def test_the_seed_decides_everything(log_mel):
    np.testing.assert_array_equal(augmented(log_mel, STRONG, 3), augmented(log_mel, STRONG, 3))
    assert not np.array_equal(augmented(log_mel, STRONG, 3), augmented(log_mel, STRONG, 4))


def test_gain_is_the_same_everywhere_and_within_its_limit(log_mel):
    gains_db = []
    for seed in range(30):
        change_db = (augmented(log_mel, only(gain_db=6.0), seed) - log_mel) * RANGE_DB
        np.testing.assert_allclose(change_db, change_db[0, 0], atol=1e-3)
        gains_db.append(change_db[0, 0])
    assert -6 <= min(gains_db) < -3
    assert 3 < max(gains_db) <= 6


def test_an_equaliser_is_the_same_in_every_frame_and_within_its_limit(log_mel):
    change_db = (augmented(log_mel, only(eq_db=4.0)) - log_mel) * RANGE_DB
    np.testing.assert_allclose(change_db, np.broadcast_to(change_db[0], (200, 40)), atol=1e-3)
    assert np.abs(change_db).max() <= 4 + 1e-3
    assert np.ptp(change_db[0]) > 0.5


def test_tilt_is_a_straight_line_through_the_middle_band(log_mel):
    change_db = (augmented(log_mel, only(tilt_db=6.0)) - log_mel)[0] * RANGE_DB
    np.testing.assert_allclose(np.diff(change_db), np.diff(change_db)[0], atol=1e-3)
    assert change_db[0] == pytest.approx(-change_db[-1], abs=1e-3)


def test_a_frequency_shift_moves_every_band_by_the_same_few(log_mel):
    for seed in range(10):
        result = augmented(log_mel, only(frequency_shift_bins=3), seed)
        shifts = [k for k in range(-3, 4) if np.array_equal(result[:, 10 + k], log_mel[:, 10])]
        (shift,) = shifts
        np.testing.assert_array_equal(result[:, 3 + shift : 37 + shift], log_mel[:, 3:37])


def test_masks_silence_short_stretches_and_leave_the_rest(log_mel):
    for seed in range(20):
        result = augmented(log_mel, only(n_time_masks=1, time_mask_s=0.1), seed)
        silent = ~result.any(axis=1)
        np.testing.assert_array_equal(result[~silent], log_mel[~silent])
        assert silent.sum() <= 10
        assert np.count_nonzero(np.diff(silent.astype(int)) == 1) <= 1
        bands = augmented(log_mel, only(n_frequency_masks=1, frequency_mask_bins=8), seed)
        assert (~bands.any(axis=0)).sum() <= 8


def test_masks_longer_than_the_window_are_no_error():
    log_mel = np.ones((3, 2), np.float32)
    config = only(n_time_masks=2, time_mask_s=5.0, n_frequency_masks=2, frequency_mask_bins=64)
    assert augmented(log_mel, config).shape == (3, 2)


def test_noise_raises_the_floor_and_never_lowers_anything(log_mel):
    log_mel[:100] = 0
    config = only(noise_probability=1.0, noise_floor_db=-30.0)
    for seed in range(10):
        result = augmented(log_mel, config, seed)
        assert (result >= log_mel - 1e-6).all()
        assert result[:100].max() <= 1 - (30 - 15) / RANGE_DB
        assert np.isfinite(result).all()


@given(level=st.floats(2**-10, 1, width=32), range_db=st.floats(20, 120))
def test_two_equal_sounds_are_three_decibels_louder_than_one(level, range_db):
    sound = np.full((2, 3), level, np.float32)
    gain_db = (add_power(sound, sound, range_db=range_db) - sound) * range_db
    np.testing.assert_allclose(gain_db, 10 * np.log10(2), atol=2e-4 * range_db / 20)


@given(first=levels, second=levels)
def test_adding_sounds_does_not_depend_on_their_order(first, second):
    one = add_power(first, second, range_db=RANGE_DB)
    np.testing.assert_array_equal(one, add_power(second, first, range_db=RANGE_DB))


@given(sound=levels)
def test_adding_silence_changes_nothing(sound):
    silence = np.zeros_like(sound)
    np.testing.assert_array_equal(add_power(sound, silence, range_db=RANGE_DB), sound)


@given(first=levels, second=levels)
def test_powers_are_added(first, second):
    power = 10 ** ((first.astype(np.float64) - 1) * RANGE_DB / 10) * (first > 0)
    power += 10 ** ((second.astype(np.float64) - 1) * RANGE_DB / 10) * (second > 0)
    expected = np.where(power > 0, 1 + 10 * np.log10(np.maximum(power, 1e-30)) / RANGE_DB, 0)
    added = add_power(first, second, range_db=RANGE_DB)
    np.testing.assert_allclose(added, expected, atol=1e-5)
