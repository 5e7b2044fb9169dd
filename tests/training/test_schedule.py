"""The learning rate over a run."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.config import TrainingConfig
from drumscribe.training.schedule import learning_rate_factor


def factors(n_steps, **settings):
    config = TrainingConfig(**settings)
    return [learning_rate_factor(step, n_steps, config) for step in range(n_steps + 1)]


def test_it_rises_in_equal_steps_over_the_warm_up():
    assert factors(100, warmup_steps=4)[:5] == pytest.approx([0.25, 0.5, 0.75, 1, 1])


def test_it_then_falls_along_half_a_cosine_to_a_hundredth():
    # Warm-up to step 10, so steps 10, 40, 55, 70 and 100 are 0, 1/3, 1/2, 2/3 and 1 of the fall.
    found = factors(100, warmup_steps=10)
    cosines = {10: 1.0, 40: 0.75, 55: 0.5, 70: 0.25, 100: 0.0}
    for step, cosine in cosines.items():
        assert found[step] == pytest.approx(0.01 + 0.99 * cosine)


def test_the_warm_up_takes_at_most_a_tenth_of_a_short_run():
    found = factors(50, warmup_steps=500)
    assert found[:6] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1])


def test_without_warm_up_it_starts_at_the_full_rate():
    assert factors(100, warmup_steps=0)[0] == 1


def test_a_constant_schedule_stays_at_the_full_rate_after_the_warm_up():
    assert factors(40, warmup_steps=2, schedule="constant") == [0.5, *[1.0] * 40]


def test_beyond_the_planned_end_it_stays_at_a_hundredth():
    config = TrainingConfig()
    assert learning_rate_factor(5000, 1000, config) == pytest.approx(0.01)


@given(
    n_steps=st.integers(1, 3000),
    warmup_steps=st.integers(0, 1000),
    schedule=st.sampled_from(["cosine", "constant"]),
)
def test_it_never_falls_before_it_has_risen_and_never_rises_after(n_steps, warmup_steps, schedule):
    found = factors(n_steps, warmup_steps=warmup_steps, schedule=schedule)
    assert all(0 < factor <= 1 and math.isfinite(factor) for factor in found)
    top = found.index(max(found))
    assert found[top] == 1
    assert all(a < b for a, b in pairwise(found[: top + 1]))
    assert all(a >= b for a, b in pairwise(found[top:]))
