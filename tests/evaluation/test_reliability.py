"""Calibration: fitted maps against known ones, and errors worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.evaluation.reliability import (
    Bin,
    expected_calibration_error,
    fit_calibrations,
    reliability,
)
from drumscribe.evaluation.thresholds import LEVELS
from drumscribe.models.calibration import Calibration


def levels_of(calibration, n_peaks, seed=1):
    """Hits and peaks of each level, for peaks of evenly spread log-odds."""
    rng = np.random.default_rng(seed)
    heights = 1 / (1 + np.exp(-rng.uniform(-3, 7, n_peaks)))
    is_right = rng.random(n_peaks) < calibration.confidence(heights)
    edges = np.append(LEVELS, 1.0)
    peaks, _ = np.histogram(heights, edges)
    right, _ = np.histogram(heights[is_right], edges)
    return right, peaks


def fit(*classes):
    rights, peaks = zip(*classes, strict=True)
    return fit_calibrations(LEVELS, np.array(rights), np.array(peaks))


@pytest.mark.parametrize("truth", [Calibration(), Calibration(0.5, -1.0), Calibration(1.5, 0.7)])
def test_the_map_that_made_the_hits_is_found_again(truth):
    [found] = fit(levels_of(truth, 20_000))
    heights = np.linspace(0.05, 0.99, 20)
    np.testing.assert_allclose(found.confidence(heights), truth.confidence(heights), atol=0.03)


def test_classes_are_fitted_apart_where_they_have_peaks_of_their_own():
    sure, unsure = Calibration(1.0, 1.0), Calibration(0.6, -2.0)
    found = fit(levels_of(sure, 5000), levels_of(unsure, 5000, seed=2))
    for ours, truth in zip(found, (sure, unsure), strict=True):
        assert ours.confidence(np.array([0.5])) == pytest.approx(
            truth.confidence(np.array([0.5])), abs=0.04
        )


def test_a_class_without_peaks_follows_the_others():
    truth = Calibration(0.6, -1.0)
    nothing = np.zeros(len(LEVELS), int), np.zeros(len(LEVELS), int)
    rich, poor = fit(levels_of(truth, 5000), nothing)
    heights = np.linspace(0.05, 0.99, 20)
    np.testing.assert_allclose(poor.confidence(heights), rich.confidence(heights), atol=0.02)


def test_without_any_peaks_confidence_is_the_activation():
    nothing = np.zeros(len(LEVELS), int), np.zeros(len(LEVELS), int)
    [found] = fit(nothing)
    assert found.confidence(np.array([0.3, 0.8])) == pytest.approx([0.3, 0.8])


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, len(LEVELS) - 1))
def test_few_peaks_in_one_level_leave_the_map_rising_and_moderate(n_right, n_wrong, level):
    right, peaks = np.zeros((2, len(LEVELS)), int)
    right[level], peaks[level] = n_right, n_right + n_wrong
    [found] = fit((right, peaks))
    confidence = found.confidence(np.array([0.1, 0.5, 0.9]))
    assert (np.diff(confidence) >= 0).all()
    assert ((confidence >= 0) & (confidence <= 1)).all()


def test_bins_hold_means_worked_out_by_hand():
    confidence = np.array([0.81, 0.85, 0.89, 0.12, 1.0])
    is_right = np.array([True, True, False, False, True])
    assert reliability(confidence, is_right) == [
        Bin(1, 0.12, 0.0),
        Bin(3, pytest.approx(0.85), pytest.approx(2 / 3)),
        Bin(1, 1.0, 1.0),
    ]


def test_the_expected_error_is_the_mean_distance_over_hits():
    bins = [Bin(1, 0.1, 0.0), Bin(3, 0.8, 0.9)]
    assert expected_calibration_error(bins) == pytest.approx((0.1 + 3 * 0.1) / 4)
    assert expected_calibration_error([]) == 0
