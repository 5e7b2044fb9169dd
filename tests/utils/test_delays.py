"""Figures of delays against numpy's of all of them."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.utils.delays import Delays


@given(st.lists(st.floats(0, 2), min_size=1, max_size=300))
def test_delays_are_counted_as_they_are(values_s):
    delays = Delays()
    for value_s in values_s:
        delays.add(value_s)
    mean, late, most = (float(ms) / 1000 for ms in re.findall(r"([\d.]+) ms", delays.text()))
    assert mean == pytest.approx(np.mean(values_s), abs=1e-4)
    assert most == pytest.approx(max(values_s), abs=1e-4)
    within = np.mean(np.array(values_s) <= late + 1e-4)
    assert within >= 0.99
    assert late == pytest.approx(most) or np.mean(np.array(values_s) < late - 3e-4) < 0.99
