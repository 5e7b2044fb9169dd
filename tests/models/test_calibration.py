"""The map from activations to confidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.models.calibration import Calibration, log_odds

shares = st.floats(0, 1)


@given(st.lists(shares, min_size=2).map(sorted), st.floats(0, 10), st.floats(-10, 10))
def test_a_higher_peak_is_never_less_sure_and_confidence_is_a_share(heights, scale, offset):
    confidence = Calibration(scale, offset).confidence(np.array(heights))
    assert (np.diff(confidence) >= 0).all()
    assert ((confidence >= 0) & (confidence <= 1)).all()


@given(st.floats(0.001, 0.999))
def test_scale_one_and_offset_nought_change_nothing(height):
    assert Calibration().confidence(np.array([height])) == pytest.approx(height)


def test_numbers_worked_out_by_hand():
    # Log-odds of 1/2 are 0, of 4/5 they are log 4; log 3 is that of 3/4.
    heights = np.array([0.5, 0.8])
    found = Calibration(scale=0.5, offset=float(np.log(3))).confidence(heights)
    assert found == pytest.approx([3 / 4, 6 / 7])  # odds 3 and sqrt(4) * 3


def test_certainty_is_finite():
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


@pytest.mark.parametrize(("scale", "offset"), [(-0.1, 0), (np.nan, 0), (1, np.inf)])
def test_a_map_that_would_not_rise_is_refused(scale, offset):
    with pytest.raises(ValueError, match="calibration"):
        Calibration(scale, offset)
