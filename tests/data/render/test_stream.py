"""Streams of rendered recordings: the same for the same seed, labelled where it sounds."""

import numpy as np
import pytest

from drumscribe.data.render.render_config import RenderConfig
from drumscribe.data.render.sources import RenderSources
from drumscribe.data.render.stream import RenderedRecordings, render_recording
from drumscribe.utils.errors import DrumscribeError

SHORT = RenderConfig(duration_s=(6.0, 8.0))


def test_the_same_seed_gives_the_same_recording(sources: RenderSources):
    first = render_recording(3, sources, SHORT)
    again = render_recording(3, sources, SHORT)
    assert np.array_equal(first.samples, again.samples)
    assert (first.events, first.beats) == (again.events, again.beats)


def test_recordings_do_not_depend_on_the_order_they_are_made_in(sources: RenderSources):
    stream = RenderedRecordings(5, sources, SHORT)
    third = stream[2].samples
    assert np.array_equal(RenderedRecordings(5, sources, SHORT)[2].samples, third)
    assert not np.array_equal(stream[1].samples[:1000], third[:1000])


def test_samples_and_labels_are_in_range(sources: RenderSources):
    for seed in range(4):
        rendered = render_recording(seed, sources, SHORT)
        assert rendered.samples.dtype == np.float32
        assert np.abs(rendered.samples).max() <= 1
        assert 6 <= rendered.duration_s <= 8
        times_s = [event.onset_s for event in rendered.events]
        assert times_s == sorted(times_s)
        assert all(0 <= time_s < rendered.duration_s for time_s in times_s)


def test_a_wrong_duration_is_refused():
    with pytest.raises(DrumscribeError, match="duration_s"):
        RenderConfig(duration_s=(9.0, 3.0))
