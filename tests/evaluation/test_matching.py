"""Onset matching: the largest set of pairs, as mir_eval finds it."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drumscribe.evaluation.matching import Counts, count_onsets, match_onsets

TOLERANCE_S = 0.05

# Crowded enough that a pair often has several candidates.
real_onsets_s = st.lists(st.floats(0, 2), max_size=40).map(sorted)
# 64ths of a second and their sums are exact in binary, so "exactly at the tolerance" means it.
EXACT_TOLERANCE_S = 3 / 64
exact_onsets_s = st.lists(st.integers(0, 128).map(lambda n: n / 64), max_size=40).map(sorted)


def mir_eval_scores(reference_s, estimated_s, tolerance_s):
    import mir_eval  # takes a second, which every worker would spend that collects this file

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on empty lists
        f, precision, recall = mir_eval.onset.f_measure(
            np.array(reference_s), np.array(estimated_s), window=tolerance_s
        )
    return precision, recall, f


def scores(counts):
    return counts.precision, counts.recall, counts.f_measure


def assume_no_pair_is_at_the_tolerance(reference_s, estimated_s):
    """Leave out examples that rounding decides, which mir_eval rounds in another place."""
    distances_s = np.abs(np.subtract.outer(reference_s, estimated_s))
    assume(not np.any(np.abs(distances_s - TOLERANCE_S) < 1e-9))


@given(real_onsets_s, real_onsets_s)
def test_scores_are_mir_evals(reference_s, estimated_s):
    assume_no_pair_is_at_the_tolerance(reference_s, estimated_s)
    counts = count_onsets(reference_s, estimated_s, TOLERANCE_S)
    assert scores(counts) == pytest.approx(mir_eval_scores(reference_s, estimated_s, TOLERANCE_S))


@given(exact_onsets_s, exact_onsets_s)
def test_with_ties_and_onsets_exactly_at_the_tolerance_scores_are_mir_evals(
    reference_s, estimated_s
):
    counts = count_onsets(reference_s, estimated_s, EXACT_TOLERANCE_S)
    expected = mir_eval_scores(reference_s, estimated_s, EXACT_TOLERANCE_S)
    assert scores(counts) == pytest.approx(expected)


@given(exact_onsets_s, exact_onsets_s)
def test_there_are_as_many_pairs_as_in_mir_evals_largest_matching(reference_s, estimated_s):
    import mir_eval

    expected = mir_eval.util.match_events(reference_s, estimated_s, EXACT_TOLERANCE_S)
    assert len(match_onsets(reference_s, estimated_s, EXACT_TOLERANCE_S)) == len(expected)


@given(real_onsets_s, real_onsets_s)
def test_pairs_are_within_the_tolerance_and_use_each_onset_once(reference_s, estimated_s):
    pairs = match_onsets(reference_s, estimated_s, TOLERANCE_S)
    assert all(abs(reference_s[r] - estimated_s[e]) <= TOLERANCE_S for r, e in pairs)
    assert len({r for r, _ in pairs}) == len({e for _, e in pairs}) == len(pairs)
    assert pairs == sorted(pairs)


@given(real_onsets_s, real_onsets_s)
def test_counts_add_up_to_the_onsets_given(reference_s, estimated_s):
    counts = count_onsets(reference_s, estimated_s, TOLERANCE_S)
    assert counts.n_true + counts.n_missed == counts.n_reference == len(reference_s)
    assert counts.n_true + counts.n_false == len(estimated_s)


@given(real_onsets_s, real_onsets_s)
def test_exchanging_reference_and_estimate_exchanges_precision_and_recall(first_s, second_s):
    there = count_onsets(first_s, second_s, TOLERANCE_S)
    back = count_onsets(second_s, first_s, TOLERANCE_S)
    assert (there.n_true, there.n_false, there.n_missed) == (
        back.n_true,
        back.n_missed,
        back.n_false,
    )


def test_an_estimate_exactly_at_the_tolerance_is_a_hit_and_one_beyond_it_is_not():
    assert count_onsets([1.0], [1.0 + EXACT_TOLERANCE_S], EXACT_TOLERANCE_S) == Counts(n_true=1)
    beyond_s = np.nextafter(1.0 + EXACT_TOLERANCE_S, 2)
    assert count_onsets([1.0], [beyond_s], EXACT_TOLERANCE_S) == Counts(n_false=1, n_missed=1)


@pytest.mark.parametrize(
    ("reference_s", "estimated_s", "expected"),
    [
        # Two of three found, one invented: everything is 2/3.
        ([1.0, 2.0, 3.0], [1.01, 2.0, 3.2], Counts(n_true=2, n_false=1, n_missed=1)),
        # One estimate between two references serves one of them.
        ([1.0, 1.06], [1.03], Counts(n_true=1, n_missed=1)),
        # Two estimates of one reference: one is invented.
        ([1.0], [0.99, 1.01], Counts(n_true=1, n_false=1)),
        # Taking the nearest first (1.04 with 1.03) would leave one pair where there are two.
        ([1.0, 1.04], [1.03, 1.08], Counts(n_true=2)),
        ([], [1.0, 2.0], Counts(n_false=2)),
        ([1.0], [], Counts(n_missed=1)),
        ([], [], Counts()),
    ],
)
def test_counts_are_those_worked_out_by_hand(reference_s, estimated_s, expected):
    assert count_onsets(reference_s, estimated_s, TOLERANCE_S) == expected


def test_two_hits_of_three_and_one_invented_make_two_thirds():
    assert scores(Counts(n_true=2, n_false=1, n_missed=1)) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_f_is_the_harmonic_mean_of_precision_and_recall():
    counts = Counts(n_true=3, n_false=1, n_missed=3)
    assert scores(counts) == pytest.approx((3 / 4, 1 / 2, 2 * (3 / 4) * (1 / 2) / (3 / 4 + 1 / 2)))


@pytest.mark.parametrize("counts", [Counts(), Counts(n_false=3), Counts(n_missed=3)])
def test_scores_without_anything_found_are_zero(counts):
    assert scores(counts) == (0, 0, 0)


def test_counts_of_recordings_are_summed_not_averaged():
    total = Counts(1, 0, 0) + Counts(0, 2, 1)
    assert total == Counts(1, 2, 1)
    assert total.f_measure == pytest.approx(2 / 5)  # the mean of the two would be 1/2
