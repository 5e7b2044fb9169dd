"""Tempo maps of drummers who keep time, drift, pause, begin with a pick-up, or play nothing."""

import logging
import tracemalloc

import numpy as np
import pytest
from grooves import ROCK, SHUFFLE, SLOW_BLUES, WALTZ, beats_at, play
from hypothesis import given, settings
from hypothesis import strategies as st

from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.inference.beats import MIN_CONFIDENCE, find_tempo
from drumscribe.inference.tempo_hints import TempoHints
from drumscribe.timing import FRAME_RATE
from drumscribe.utils.errors import DrumscribeError

DURATION_S = 30.0


def tempo_of(events, duration_s=DURATION_S, beat=None, **hints):
    return find_tempo(events, LANES8, beat, duration_s=duration_s, hints=TempoHints(**hints))


def beat_f(tempo, beats_s, duration_s=DURATION_S):
    """mir_eval's F-measure (70 ms) of the beats within the recording."""
    import mir_eval  # takes a second, which every worker would spend that collects this file

    found = np.array(tempo.beats_s)
    return mir_eval.beat.f_measure(
        *(times[(times >= 0) & (times < duration_s)] for times in (np.asarray(beats_s), found))
    )


def first_downbeat_s(tempo):
    return tempo.beats_s[tempo.time_signatures[0].first_beat]


@pytest.mark.parametrize("bpm", [75.0, 97.5, 100.0, 120.0, 128.0, 140.0])
def test_a_click_track_is_constant_to_the_number(bpm):
    clicks = [DrumEvent(float(t), "snare", 100) for t in beats_at(bpm, DURATION_S, 0.2)]
    tempo = tempo_of(clicks)
    assert tempo.is_steady
    assert tempo.bpm == pytest.approx(bpm, abs=1e-9)
    assert beat_f(tempo, beats_at(bpm, DURATION_S, 0.2)) > 0.97


def test_a_steady_groove_says_120_and_where_the_bars_are():
    tempo = tempo_of(play(ROCK, beats_at(120, DURATION_S), jitter_s=0.006))
    assert tempo.summary().startswith("constant 120.0 BPM, 4/4")
    assert tempo.confidence > 0.8
    assert (first_downbeat_s(tempo) + 1.0) % 2.0 - 1.0 == pytest.approx(0.0, abs=0.02)
    assert np.diff(tempo.beats_s) == pytest.approx(0.5)


@settings(max_examples=12, deadline=None)
@given(st.floats(75, 155), st.floats(-0.08, 0.08), st.floats(15, 40), st.integers(0, 99))
def test_a_drifting_drummer_is_followed(bpm, depth, period_s, seed):
    beats_s = beats_at(lambda t: bpm * (1 + depth * np.sin(2 * np.pi * t / period_s)), DURATION_S)
    tempo = tempo_of(play(ROCK, beats_s, jitter_s=0.007, seed=seed))
    assert beat_f(tempo, beats_s) > 0.93
    assert abs(np.log2(tempo.bpm * np.median(np.diff(beats_s)) / 60)) < 0.06


@settings(max_examples=10, deadline=None)
@given(st.floats(60, 200), st.integers(0, 99))
def test_at_any_tempo_the_grid_fits_if_not_the_octave(bpm, seed):
    """A groove at 180 may as well be one at 90; what is never right is a grid between them."""
    beats_s = beats_at(bpm, DURATION_S)
    tempo = tempo_of(play(ROCK, beats_s, jitter_s=0.006, seed=seed))
    ratio = tempo.bpm / bpm
    nearest = min((0.5, 1.0, 2.0), key=lambda octave: abs(np.log2(ratio / octave)))
    assert ratio == pytest.approx(nearest, rel=0.02)
    distance_s = np.abs(np.array(tempo.beats_s)[:, None] - np.arange(0, 40, 30 / bpm)).min(axis=1)
    assert np.quantile(distance_s[np.array(tempo.beats_s) > 0], 0.95) < 0.03


def test_a_pause_does_not_lose_the_beat():
    beats_s = beats_at(110, 60)
    events = [e for e in play(ROCK, beats_s, jitter_s=0.005) if not 20 < e.onset_s < 32]
    tempo = tempo_of(events, 60.0)
    assert beat_f(tempo, beats_s, 60.0) > 0.97
    assert np.diff(tempo.beats_s).min() > 0.9 * 60 / 110


def test_a_long_pause_does_not_change_the_tempo():
    beats_s = beats_at(110, 120)
    events = [e for e in play(ROCK, beats_s, jitter_s=0.005) if not 20 < e.onset_s < 100]
    for beat in (None, np.full((120 * FRAME_RATE, 2), 0.01, np.float32)):
        tempo = tempo_of(events, 120.0, beat)
        assert tempo.bpm == pytest.approx(110, rel=0.02)
        assert tempo.confidence <= 1


def test_silence_of_the_activations_does_not_bend_the_tempo_of_a_pause():
    beats_s = beats_at(123.7, 80)
    events = [e for e in play(ROCK, beats_s, jitter_s=0.005) if not 20 < e.onset_s < 51]
    beat = np.full((80 * FRAME_RATE, 2), 0.005, np.float32)
    for number, beat_s in enumerate(beats_s[:-1]):
        if not 20 < beat_s < 51:
            beat[round(beat_s * FRAME_RATE)] = 0.9, 0.9 if number % 4 == 0 else 0.005
    steps_s = np.diff(tempo_of(events, 80.0, beat).beats_s)
    np.testing.assert_allclose(steps_s, 60 / 123.7, rtol=0.03)


def test_the_second_half_at_another_tempo():
    first_s = beats_at(100, 30)
    beats_s = np.concatenate([first_s[:-1], beats_at(125, 60, first_s[-1])])
    tempo = tempo_of(play(ROCK, beats_s, jitter_s=0.005), 60.0)
    assert not tempo.is_steady
    assert beat_f(tempo, beats_s, 60.0) > 0.95


def test_a_pick_up_comes_before_the_first_bar():
    beats_s = beats_at(100, DURATION_S, 0.3)
    pick_up = [DrumEvent(float(t), "snare", 100) for t in beats_s[:2]]
    events = sorted(pick_up + play(ROCK, beats_s[2:]))
    tempo = tempo_of(events)
    numbers = {beat.number: beat.time_s for beat in reversed(tempo.beats()) if beat.time_s > 0.2}
    assert numbers[1] == pytest.approx(beats_s[2], abs=0.02)
    assert numbers[3] == pytest.approx(beats_s[0], abs=0.02)


@pytest.mark.parametrize("bpm", [64.0, 70.0])
def test_a_pick_up_of_half_a_beat_does_not_move_the_beats(bpm):
    beats_s = 1.0 + beats_at(lambda t: bpm * (1 + 0.06 * np.sin(t / 3)), DURATION_S)
    pick_up = DrumEvent(1.0 - 30 / bpm, "snare", 90)
    tempo = tempo_of([pick_up, *play(ROCK, beats_s[:33])])
    first = round(float(tempo.positions(beats_s[0])))
    assert tempo.seconds(range(first, first + 4)) == pytest.approx(beats_s[:4], abs=0.03)
    assert tempo.number_in_bar(first) == 1


@pytest.mark.parametrize(
    ("pattern", "counts", "bpm", "metre"),
    [(WALTZ, 3, 95, (3, 4)), (SLOW_BLUES, 6, 190, (6, 8)), (SHUFFLE, 4, 130, (4, 4))],
)
def test_metre_and_swing(pattern, counts, bpm, metre):
    beats_s = beats_at(bpm, DURATION_S, 0.5)
    tempo = tempo_of(play(pattern, beats_s, counts=counts, jitter_s=0.005))
    signature = tempo.time_signatures[0]
    assert (signature.numerator, signature.denominator) == metre
    assert tempo.bpm == pytest.approx(bpm, rel=0.01)
    assert beat_f(tempo, beats_s) > 0.95
    bar_s = counts * 60 / bpm
    off_s = (first_downbeat_s(tempo) - 0.5 + bar_s / 2) % bar_s - bar_s / 2
    assert abs(off_s) < 0.03


def test_activations_decide_where_hits_cannot():
    """Hits on every eighth alike: the network alone knows which are beats."""
    events = [DrumEvent(0.25 * k, "hihat", 90) for k in range(120)]
    for phase in (0, 1):
        beat = np.full((30 * 98, 2), 0.02, np.float32)
        for k in range(phase, 120, 2):
            beat[round(0.25 * k * 98), 0] = 0.6
        tempo = tempo_of(events, beat=beat)
        assert beat_f(tempo, 0.25 * np.arange(phase, 120, 2)) > 0.97


@pytest.mark.parametrize("bpm", [76.0, 90.0, 120.0])
def test_hits_where_the_network_hears_no_beat_are_none(bpm):
    """Triplets alike: every second of them would be nearer to a usual tempo."""
    beats_s = beats_at(bpm, DURATION_S)
    events = [DrumEvent(float(t), "hihat", 90) for t in np.arange(0, DURATION_S, 20 / bpm)]
    beat = np.full((round(DURATION_S * FRAME_RATE), 2), 0.02, np.float32)
    beat[np.rint(beats_s[:-1] * FRAME_RATE).astype(int), 0] = 0.8
    tempo = tempo_of(events, beat=beat)
    assert tempo.bpm == pytest.approx(bpm, rel=0.01)
    assert beat_f(tempo, beats_s) > 0.97


@pytest.mark.parametrize("bpm", [72.0, 95.0, 130.0, 175.0])
def test_activations_that_are_half_sure_of_eighths_do_not_double_the_tempo(bpm):
    beats_s = beats_at(bpm, DURATION_S)
    beat = np.full((round(DURATION_S * FRAME_RATE), 2), 0.02, np.float32)
    for times_s, level in ((beats_s, 0.5), (beats_s + 30 / bpm, 0.25)):
        frames = np.rint(times_s * FRAME_RATE).astype(int)
        beat[frames[frames < len(beat)], 0] = level
    tempo = tempo_of(play(ROCK, beats_s, jitter_s=0.006), beat=beat)
    assert tempo.bpm == pytest.approx(bpm, rel=0.02)
    assert beat_f(tempo, beats_s) > 0.97


@pytest.mark.parametrize("bpm", [85.0, 160.0])
def test_hits_alone_tell_the_octave_of_a_plain_groove(bpm):
    beats_s = beats_at(bpm, DURATION_S)
    tempo = tempo_of(play(ROCK, beats_s, jitter_s=0.006))
    assert tempo.bpm == pytest.approx(bpm, rel=0.02)


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_the_networks_downbeats_decide_where_hits_cannot(first):
    """A hi-hat on every beat alike: the network alone knows which begin bars."""
    events = [DrumEvent(0.5 * k, "hihat", 90) for k in range(60)]
    beat = np.full((30 * 98, 2), 0.02, np.float32)
    for k in range(60):
        beat[49 * k, 0] = 0.6
        beat[49 * k, 1] = 0.6 if k % 4 == first else 0.02
    tempo = tempo_of(events, beat=beat)
    assert np.diff(tempo.beats_s) == pytest.approx(0.5)
    off_s = (first_downbeat_s(tempo) - 0.5 * first + 1.0) % 2.0 - 1.0
    assert abs(off_s) < 0.02


def test_a_fill_does_not_move_the_bar():
    beats_s = beats_at(112, 40)
    events = [
        e for e in play(ROCK, beats_s, jitter_s=0.005) if not 28 < e.onset_s / (60 / 112) < 32
    ]
    fill = np.interp(np.arange(28, 32, 0.25), np.arange(len(beats_s)), beats_s)
    events += [DrumEvent(float(t), "mid_tom", 100) for t in fill]
    tempo = tempo_of(sorted(events), 40.0)
    assert beat_f(tempo, beats_s, 40.0) > 0.97
    downbeats_s = [beat.time_s for beat in tempo.beats() if beat.number == 1 and beat.time_s > -0.1]
    np.testing.assert_allclose(downbeats_s[:15], beats_s[: 4 * 15 : 4], atol=0.04)


hits = st.builds(DrumEvent, st.floats(0, 50), st.sampled_from(LANES8.names), st.integers(1, 127))


@settings(max_examples=40, deadline=None)
@given(st.lists(hits, max_size=30), st.floats(0, 60))
def test_whatever_is_played_there_is_a_map_of_the_whole_recording(events, duration_s):
    tempo = tempo_of(events, duration_s)
    assert len(tempo.beats_s) >= 2
    assert tempo.beats_s[0] <= 0.05
    assert tempo.beats_s[-1] >= duration_s
    assert 0 <= tempo.confidence <= 1
    assert 0 <= tempo.time_signatures[0].first_beat < tempo.time_signatures[0].numerator


def test_noise_is_a_steady_tempo_and_a_warning(caplog):
    rng = np.random.default_rng(3)
    times_s = np.sort(rng.uniform(0, 60, 200))
    events = [DrumEvent(float(t), str(rng.choice(LANES8.names)), 90) for t in times_s]
    with caplog.at_level(logging.WARNING):
        tempo = tempo_of(events, 60.0)
    assert tempo.confidence < MIN_CONFIDENCE
    assert tempo.is_steady
    assert "no clear tempo" in caplog.text


def test_a_named_tempo_is_exactly_that():
    events = play(ROCK, beats_at(120, DURATION_S, 0.25), jitter_s=0.006)
    tempo = tempo_of(events, bpm=120.0)
    assert tempo.is_steady
    assert tempo.confidence == 1.0
    assert np.diff(tempo.beats_s) == pytest.approx(0.5)
    assert (first_downbeat_s(tempo) - 0.25 + 1) % 2 - 1 == pytest.approx(0, abs=0.015)


@pytest.mark.parametrize(
    ("first_beat_s", "starts_s"),
    [
        (0.0, 0.0),
        (0.02, 0.02),  # hardly after the start: the recording's first beat
        (0.04, -0.46),
        (0.25, -0.25),
        (0.5, 0.0),
        (7.3, -0.2),
    ],
)
def test_the_beats_cover_the_recording_and_no_more(first_beat_s, starts_s):
    tempo = tempo_of([], 10.0, bpm=120.0, first_beat_s=first_beat_s)
    assert tempo.beats_s[0] == pytest.approx(starts_s)
    assert np.diff(tempo.beats_s) == pytest.approx(0.5)
    assert tempo.beats_s[-2] < 10.0 <= tempo.beats_s[-1]
    named = round((first_beat_s - starts_s) / 0.5)
    assert tempo.number_in_bar(named) == 1
    assert 0 <= tempo.time_signatures[0].first_beat < 4


@pytest.mark.parametrize("n_hits", [0, 1, 3])
def test_hardly_any_hits_are_120_and_told_to_be_a_guess(caplog, n_hits):
    events = [DrumEvent(1.0 + 0.37 * k, "snare", 90) for k in range(n_hits)]
    with caplog.at_level(logging.WARNING):
        tempo = tempo_of(events)
    assert (tempo.bpm, tempo.confidence, tempo.is_steady) == (120.0, 0.0, True)
    assert ("no clear tempo" in caplog.text) == (n_hits > 0)


def test_of_few_hits_nobody_can_be_sure():
    beats_s = beats_at(120, DURATION_S)
    sure = [tempo_of(play(ROCK, beats_s[: 4 * bars + 1])).confidence for bars in (2, 4, 14)]
    assert sure == sorted(sure)
    assert sure[0] < 0.85
    assert sure[2] > 0.9


def test_a_named_tempo_in_compound_time_is_counted_in_eighths():
    beats_s = beats_at(190, DURATION_S, 0.5)
    events = play(SLOW_BLUES, beats_s, counts=6, jitter_s=0.004)
    tempo = tempo_of(events, bpm=190.0, time_signature=(6, 8))
    assert np.diff(tempo.beats_s) == pytest.approx(60 / 190)
    assert beat_f(tempo, beats_s) > 0.97
    bar_s = 6 * 60 / 190
    assert (first_downbeat_s(tempo) - 0.5 + bar_s / 2) % bar_s == pytest.approx(bar_s / 2, abs=0.02)


def test_a_tempo_to_follow_settles_the_octave():
    beats_s = beats_at(lambda t: 184 * (1 + 0.03 * np.sin(t / 4)), DURATION_S)
    events = play(ROCK, beats_s, jitter_s=0.005)
    tempo = tempo_of(events, bpm=180.0, follows_drummer=True)
    assert tempo.bpm == pytest.approx(184, rel=0.05)
    assert beat_f(tempo, beats_s) > 0.95


def test_a_tempo_that_only_some_metres_can_have_is_followed():
    """At 100 counts a minute, 6/8 would have a pulse slower than any that is searched."""
    events = play(ROCK, beats_at(100, DURATION_S), jitter_s=0.005)
    tempo = tempo_of(events, bpm=98.0, follows_drummer=True)
    assert tempo.bpm == pytest.approx(100, rel=0.005)


def test_a_named_first_beat_begins_a_bar():
    events = play(ROCK, beats_at(100, DURATION_S), jitter_s=0.005)
    tempo = tempo_of(events, first_beat_s=1.2)
    downbeats_s = [beat.time_s for beat in tempo.beats() if beat.number == 1]
    assert np.abs(np.array(downbeats_s) - 1.2).min() < 1e-6
    assert tempo.bpm == pytest.approx(100, rel=0.005)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_bar_turns_with_a_named_first_beat(count):
    beats_s = beats_at(100, DURATION_S)
    tempo = tempo_of(play(ROCK, beats_s, jitter_s=0.005), first_beat_s=float(beats_s[4 + count]))
    downbeats_s = np.array([beat.time_s for beat in tempo.beats() if beat.number == 1])
    within = downbeats_s[(downbeats_s > 0) & (downbeats_s < DURATION_S)]
    np.testing.assert_allclose(within, beats_s[count::4], atol=0.03)
    assert tempo.bpm == pytest.approx(100, rel=0.005)


def test_a_first_beat_between_the_beats_has_all_of_them_there():
    played = play(ROCK, beats_at(100, DURATION_S), jitter_s=0.005)
    tempo = tempo_of(played, first_beat_s=1.5)
    np.testing.assert_allclose(np.array(tempo.beats_s) % 0.6, 0.3, atol=1e-3)
    assert tempo.number_in_bar(round(float(tempo.positions(1.5)))) == 1


@pytest.mark.parametrize("n_beats", [-13, -3, -1, 103, 106])
def test_bars_turn_with_a_first_beat_where_nobody_plays(n_beats):
    """Before the first of 100 beats or after the last, in a bar's other counts too."""
    first_s, step_s = 8.0, 60 / 123.7
    played = play(ROCK, first_s + step_s * np.arange(101), jitter_s=0.005)
    tempo = tempo_of(played, 70.0, first_beat_s=first_s + n_beats * step_s)
    assert tempo.is_steady and tempo.bpm == pytest.approx(123.7, rel=0.001)
    in_the_middle = round(float(tempo.positions(first_s + 40 * step_s)))
    assert tempo.number_in_bar(in_the_middle) == (40 - n_beats) % 4 + 1


@pytest.mark.parametrize("n_beats", [-37, 70])
def test_bars_turn_with_a_first_beat_farther_away_than_all_that_is_played(n_beats):
    first_s, step_s = 20.0, 0.5
    played = play(ROCK, first_s + step_s * np.arange(17), jitter_s=0.005)
    tempo = tempo_of(played, 60.0, first_beat_s=first_s + n_beats * step_s)
    in_the_middle = round(float(tempo.positions(first_s + 8 * step_s)))
    assert tempo.number_in_bar(in_the_middle) == (8 - n_beats) % 4 + 1


@pytest.mark.parametrize("first_beat_s", [DURATION_S + 0.001, 125.0, 1e9, 1e300])
@pytest.mark.parametrize("hint", [{}, {"bpm": 100.0}, {"bpm": 100.0, "follows_drummer": True}])
@pytest.mark.parametrize("events", [[], play(ROCK, beats_at(100, DURATION_S))])
def test_a_first_beat_beyond_the_end_is_refused(events, hint, first_beat_s):
    with pytest.raises(DrumscribeError, match=r"beyond the recording's end at 30\.000 s.*seconds"):
        tempo_of(events, first_beat_s=first_beat_s, **hint)


def test_a_first_beat_at_the_very_end_is_taken():
    tempo = tempo_of([], 10.0, bpm=120.0, first_beat_s=10.0)
    assert tempo.bpm == pytest.approx(120.0)
    assert 10.0 in [beat.time_s for beat in tempo.beats() if beat.number == 1]


def test_a_named_metre_is_kept():
    events = play(ROCK, beats_at(100, DURATION_S))
    signature = tempo_of(events, time_signature=(5, 4)).time_signatures[0]
    assert (signature.numerator, signature.denominator) == (5, 4)


def test_a_tempo_that_nobody_can_be_followed_at_is_refused():
    events = play(ROCK, beats_at(100, DURATION_S))
    with pytest.raises(DrumscribeError, match=r"about 400: .* 50 to 245"):
        tempo_of(events, bpm=400.0, follows_drummer=True)


@pytest.mark.slow
def test_long_recordings_are_as_one():
    """Longer than any window of the search, whose joints must not show."""
    beats_s = beats_at(lambda t: 105 * (1 + 0.04 * np.sin(2 * np.pi * t / 70)), 240)
    tempo = tempo_of(play(ROCK, beats_s, jitter_s=0.006), 240.0)
    assert beat_f(tempo, beats_s, 240.0) > 0.98


@pytest.mark.parametrize(
    "hint",
    [
        {"bpm": 0.0},
        {"bpm": float("nan")},
        {"time_signature": (4, 5)},
        {"time_signature": (0, 4)},
        {"first_beat_s": -1.0},
        {"first_beat_s": float("inf")},
    ],
)
def test_hints_that_make_no_sense_are_named(hint):
    with pytest.raises(DrumscribeError, match=next(iter(hint))):
        TempoHints(**hint)


@pytest.mark.slow
@pytest.mark.parametrize("hints", [{}, {"bpm": 120.0}])
def test_a_longer_recording_takes_no_more_memory_than_its_own_hits(hints):
    def peak(minutes):
        duration_s = 60.0 * minutes
        events = play(ROCK, beats_at(120.0, duration_s))
        beat = np.random.default_rng(0).random((round(duration_s * FRAME_RATE), 2), np.float32)
        tracemalloc.start()
        try:
            tempo_of(events, duration_s, beat, **hints)
            return tracemalloc.get_traced_memory()[1], beat.nbytes, len(events)
        finally:
            tracemalloc.stop()

    peak(1)  # what is computed once and kept
    short, short_bytes, short_hits = peak(2)
    long, long_bytes, long_hits = peak(5)
    assert long - short < 0.5 * (long_bytes - short_bytes) + 150 * (long_hits - short_hits)
