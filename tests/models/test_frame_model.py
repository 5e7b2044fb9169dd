"""Activations and the heads they are made of."""

import numpy as np
import pytest

from drumscribe.models.frame_model import Activations

ONSET = np.zeros((4, 8), np.float32)
BEAT = np.ones((4, 2), np.float32)


def test_heads_that_a_model_has_not_stay_absent():
    heard = Activations.of_heads({"onset": ONSET, "beat": BEAT, "next_state": np.ones(3)})
    assert heard.onset is ONSET
    assert heard.velocity is None
    assert heard.beat is BEAT
    assert list(heard.heads()) == ["onset", "beat"]


def test_a_model_without_onsets_hears_nothing():
    with pytest.raises(TypeError, match="onset"):
        Activations.of_heads({"beat": BEAT})


def test_every_head_that_there_is_is_changed():
    last = Activations(ONSET, None, BEAT).mapped(lambda head: head[-1:])
    assert last.onset.shape == (1, 8)
    assert last.velocity is None
    assert last.beat is not None and last.beat.shape == (1, 2)
