"""Frames, samples and seconds agree everywhere, and nobody else writes the clock's numbers."""

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drumscribe
from drumscribe import timing
from drumscribe.timing import (
    CLOCK,
    FRAME_RATE,
    frame_count,
    frame_to_seconds,
    require_same_clock,
    samples_to_seconds,
    seconds_to_frame,
    seconds_to_frames,
    seconds_to_samples,
)
from drumscribe.utils.errors import DrumscribeError

SOURCE = Path(drumscribe.__file__).parent
times_s = st.floats(0, 36_000)
CLOCK_NUMBERS = {22050, 225}
OTHER_MEANINGS = {("data/synth/kits.py", 225)}  # the pitch of a drum in Hz


def clock_numbers_of(text: str) -> set[float]:
    constants = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    return {value for value in constants if type(value) in (int, float) and value in CLOCK_NUMBERS}


def test_a_second_has_exactly_98_frames() -> None:
    assert FRAME_RATE == 98
    assert timing.FRAME_RATE * timing.HOP_LENGTH == timing.SAMPLE_RATE == 22050
    assert seconds_to_frame(1.0) == 98
    assert seconds_to_frame(3600.0) == 98 * 3600
    assert frame_to_seconds(98 * 3600) == 3600.0


@given(times_s)
def test_a_time_comes_back_from_its_frame_within_half_a_frame(time_s: float) -> None:
    assert abs(frame_to_seconds(seconds_to_frame(time_s)) - time_s) <= 0.5 / 98 + 1e-9


@given(st.integers(0, 98 * 36_000))
def test_a_frame_comes_back_from_its_time(frame: int) -> None:
    assert seconds_to_frame(frame_to_seconds(frame)) == frame


@given(st.integers(0, 22050 * 36_000))
def test_a_number_of_samples_comes_back_from_its_duration(n_samples: int) -> None:
    assert seconds_to_samples(samples_to_seconds(n_samples)) == n_samples


@given(times_s)
def test_samples_and_frames_of_a_time_are_at_the_same_place(time_s: float) -> None:
    frame_centre = seconds_to_frame(time_s) * 225
    assert abs(frame_centre - seconds_to_samples(time_s)) <= 225 / 2 + 1


@given(st.lists(times_s))
def test_many_times_have_the_frames_that_each_has(times: list[float]) -> None:
    expected = [seconds_to_frame(time_s) for time_s in times]
    assert seconds_to_frames(np.array(times, np.float64)).tolist() == expected


@pytest.mark.parametrize(
    ("time_s", "frame"), [(0.0, 0), (0.5 / 98, 1), (0.49 / 98, 0), (1.49 / 98, 1), (10.0, 980)]
)
def test_the_nearest_frame_is_chosen_and_halves_go_up(time_s: float, frame: int) -> None:
    assert seconds_to_frame(time_s) == frame


@pytest.mark.parametrize(
    ("n_samples", "n_frames"), [(0, 1), (1, 1), (224, 1), (225, 2), (22050, 99), (22049, 98)]
)
def test_there_is_a_frame_at_the_start_and_after_each_whole_hop(
    n_samples: int, n_frames: int
) -> None:
    assert frame_count(n_samples) == n_frames


def test_the_own_clock_is_accepted() -> None:
    require_same_clock(dict(CLOCK), source="shard-00000.h5")


@pytest.mark.parametrize(
    "found",
    [
        CLOCK | {"sample_rate": 44100},
        CLOCK | {"hop_length": 256},
        CLOCK | {"window_length": 2048},
        {key: CLOCK[key] for key in ("sample_rate", "hop_length")},
        {},
        None,
        "98 fps",
    ],
)
def test_another_clock_is_refused_by_the_name_of_its_file(found: object) -> None:
    with pytest.raises(DrumscribeError, match=r"^shard-00007\.h5: made with another clock") as info:
        require_same_clock(found, source="shard-00007.h5")
    assert "22050" in str(info.value)
    assert "\n" not in str(info.value)


def test_the_numbers_of_the_clock_are_written_in_timing_only() -> None:
    sources = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    written = {
        (name, number)
        for name, path in sources.items()
        for number in clock_numbers_of(path.read_text(encoding="utf-8"))
    }
    elsewhere = {pair for pair in written if pair[0] != "timing.py"} - OTHER_MEANINGS
    assert elsewhere == set()
    assert {number for name, number in written if name == "timing.py"} >= {22050, 225}


@pytest.mark.parametrize("line", ["rate = 22050", "f(hop_length=225)", "n // 225", "sr = 22_050.0"])
def test_that_search_would_find_such_a_number(line: str) -> None:
    assert clock_numbers_of(line)
