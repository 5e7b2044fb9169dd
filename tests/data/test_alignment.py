"""The constant offset between audio and MIDI, or player and click, is found, or is not known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.config import PreprocessingConfig
from drumscribe.data.alignment import Alignment, align, grid_phase_s, onset_strength
from drumscribe.data.audio_processing import read_audio
from drumscribe.data.midi_processing import MidiNote, read_midi
from drumscribe.tempo import Beat

MakeSamples = Callable[..., np.ndarray]
MAX_OFFSET_S = 0.1
TRUSTED = PreprocessingConfig().min_alignment_confidence


def played(seed: int = 0, *, n_hits: int = 40, bpm: float = 110) -> list[MidiNote]:
    """A groove of eighths with human timing and dynamics, from half a second on."""
    rng = np.random.default_rng(seed)
    eighth_s = 30 / bpm
    times_s = 0.5 + np.arange(n_hits) * eighth_s + rng.normal(0, 0.004, n_hits)
    return [
        MidiNote(float(time_s), int(rng.choice([36, 38, 42])), int(rng.integers(30, 127)))
        for time_s in times_s
    ]


def recorded(notes: list[MidiNote], drum_hits: MakeSamples, *, offset_s: float) -> np.ndarray:
    """What the notes sound like when the recording lags them by ``offset_s``."""
    return drum_hits(
        [note.onset_s + offset_s for note in notes],
        duration_s=notes[-1].onset_s + 1,
        levels=[0.7 * (note.velocity / 127) ** 2 for note in notes],
    )


def alignment_of(samples: np.ndarray, notes: list[MidiNote]) -> Alignment:
    return align(onset_strength([samples]), notes, max_offset_s=MAX_OFFSET_S)


@pytest.mark.parametrize("offset_ms", [-80, -50, -23.4, -10, -1, 0, 0.6, 5, 16.4, 33, 80])
def test_an_offset_is_found_within_three_milliseconds(
    drum_hits: MakeSamples, offset_ms: float
) -> None:
    for seed in (1, 2):
        notes = played(seed)
        found = alignment_of(recorded(notes, drum_hits, offset_s=offset_ms / 1000), notes)
        assert found.offset_s * 1000 == pytest.approx(offset_ms, abs=3)
        assert found.confidence > TRUSTED


@pytest.mark.parametrize(
    ("pattern", "offset_ms"), [("1_*", 1.1), ("2_*", 16.4), ("6_*", -32.4), ("9_*", 19.0)]
)
def test_the_offset_of_real_recordings_is_found(
    shared_data: Path, pattern: str, offset_ms: float
) -> None:
    folder = shared_data / "egmd-sample/drummer1/eval_session"
    (audio,) = folder.glob(f"{pattern}.wav")
    notes = list(read_midi(audio.with_suffix(".midi")).notes)
    found = alignment_of(read_audio(audio), notes)
    assert found.offset_s * 1000 == pytest.approx(offset_ms, abs=3)
    assert found.confidence > TRUSTED


def test_the_midi_of_other_real_recordings_is_not_trusted(shared_data: Path) -> None:
    folder = shared_data / "egmd-sample/drummer1/eval_session"
    midis = {path.name[:2]: list(read_midi(path).notes) for path in folder.glob("*.midi")}
    for audio in folder.glob("*.wav"):
        strength = onset_strength([read_audio(audio)])
        own = align(strength, midis[audio.name[:2]], max_offset_s=MAX_OFFSET_S).confidence
        for name, notes in midis.items():
            if name != audio.name[:2]:
                other = align(strength, notes, max_offset_s=MAX_OFFSET_S).confidence
                assert other < min(TRUSTED, own / 2), (audio.name, name)


@pytest.mark.parametrize("seed", range(5))
def test_notes_that_were_not_played_are_not_trusted(drum_hits: MakeSamples, seed: int) -> None:
    samples = recorded(played(seed), drum_hits, offset_s=0)
    rng = np.random.default_rng(seed)
    others = [MidiNote(float(t), 38, 100) for t in np.sort(rng.uniform(0.5, 11, 40))]
    assert alignment_of(samples, others).confidence < TRUSTED


def test_few_wrong_notes_among_right_ones_do_no_harm(drum_hits: MakeSamples) -> None:
    notes = played(3)
    samples = recorded(notes, drum_hits, offset_s=0.02)
    rng = np.random.default_rng(3)
    wrong = [MidiNote(float(t), 44, 40) for t in rng.uniform(0, 12, 8)]
    assert alignment_of(samples, [*notes, *wrong]).offset_s == pytest.approx(0.02, abs=0.003)


def test_one_hit_is_enough(drum_hits: MakeSamples) -> None:
    notes = [MidiNote(0.5, 38, 100)]
    found = alignment_of(recorded(notes, drum_hits, offset_s=-0.04), notes)
    assert found.offset_s == pytest.approx(-0.04, abs=0.003)
    assert found.confidence > TRUSTED


def test_hits_before_the_start_and_after_the_end_of_the_audio_do_no_harm(
    drum_hits: MakeSamples,
) -> None:
    notes = [MidiNote(0.0, 36, 120), *played(4)]
    samples = recorded(notes, drum_hits, offset_s=-0.03)
    late = MidiNote(notes[-1].onset_s + 30, 38, 100)
    assert alignment_of(samples, [*notes, late]).offset_s == pytest.approx(-0.03, abs=0.003)


def test_how_loud_the_recording_is_does_not_matter(drum_hits: MakeSamples) -> None:
    notes = played(5)
    samples = recorded(notes, drum_hits, offset_s=0.05)
    for gain in (1.0, 0.1):
        found = alignment_of(samples * np.float32(gain), notes)
        assert found.offset_s == pytest.approx(0.05, abs=0.003)
        assert found.confidence > TRUSTED


def test_an_offset_out_of_range_is_not_made_up(drum_hits: MakeSamples) -> None:
    notes = played(6, bpm=60)
    found = alignment_of(recorded(notes, drum_hits, offset_s=0.3), notes)
    assert abs(found.offset_s) <= MAX_OFFSET_S + 0.001
    assert found.confidence < TRUSTED


@pytest.mark.parametrize("max_offset_s", [0.0, 0.005, 0.02, 0.03])
def test_a_narrow_search_is_no_more_certain_than_the_audio(
    drum_hits: MakeSamples, max_offset_s: float
) -> None:
    """Rivals outside the search count, so hits that do not belong to the audio show as such."""
    samples = recorded(played(8), drum_hits, offset_s=0)
    rng = np.random.default_rng(8)
    others = [MidiNote(float(t), 38, 100) for t in np.sort(rng.uniform(0.5, 11, 40))]
    strength = onset_strength([samples])
    found = align(strength, others, max_offset_s=max_offset_s)
    assert found.confidence < TRUSTED
    assert abs(found.offset_s) <= max_offset_s + 0.001
    assert align(strength, played(8), max_offset_s=max_offset_s).confidence > TRUSTED


def test_without_hits_nothing_is_known(drum_hits: MakeSamples) -> None:
    assert alignment_of(drum_hits([0.5], duration_s=1), []) == Alignment(0.0, 0.0)


@pytest.mark.parametrize("n_samples", [0, 1, 21, 22, 30, 22_050])
def test_in_silence_nothing_is_known(n_samples: int) -> None:
    silence = np.zeros(n_samples, np.float32)
    assert alignment_of(silence, played()) == Alignment(0.0, 0.0)
    assert align(onset_strength([]), played(), max_offset_s=MAX_OFFSET_S) == Alignment(0.0, 0.0)


@pytest.mark.parametrize("n_samples", [23, 44, 100, 300])
def test_a_recording_of_some_milliseconds_is_no_trouble(
    n_samples: int, rng: np.random.Generator
) -> None:
    samples = rng.uniform(-1, 1, n_samples).astype(np.float32)
    found = alignment_of(samples, [MidiNote(0.0, 38, 100)])
    assert abs(found.offset_s) <= MAX_OFFSET_S + 0.001
    assert 0 <= found.confidence <= 1


@given(st.lists(st.floats(0, 1), max_size=10), st.integers(0, 20_000))
def test_the_onset_strength_does_not_depend_on_the_blocks(
    cuts: list[float], n_samples: int
) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, n_samples).astype(np.float32)
    pieces = np.split(samples, sorted(round(cut * n_samples) for cut in cuts))
    np.testing.assert_array_equal(onset_strength(pieces), onset_strength([samples]))


def test_the_onset_strength_has_a_value_a_millisecond_and_none_below_zero(
    drum_hits: MakeSamples,
) -> None:
    strength = onset_strength([drum_hits([0.25], duration_s=1.0)])
    assert len(strength) == 22_050 // 22
    assert strength.min() >= 0
    assert np.argmax(strength) / len(strength) == pytest.approx(0.25, abs=0.0015)


# The phase of the grid


def click(n_beats: int = 32, bpm: float = 120) -> list[Beat]:
    return [Beat(60 / bpm * i, i % 4 + 1) for i in range(n_beats)]


def groove(phase_s: float, *, bpm: float = 120, jitter_s: float = 0.0) -> list[MidiNote]:
    """Kick and snare on beats and half beats, hats between them, all late by ``phase_s``."""
    rng = np.random.default_rng(3)
    half_beat_s = 30 / bpm
    notes = [
        MidiNote(max(0.0, i * half_beat_s + phase_s + rng.normal(0, jitter_s)), note, 100)
        for i, note in enumerate([36, 36, 38, 36] * 12, start=1)
    ]
    hats = [MidiNote((i + 0.5) * half_beat_s, 42, 60) for i in range(48)]
    return sorted(notes + hats, key=lambda note: note.onset_s)


@pytest.mark.parametrize("phase_ms", [-55, -38, -17, -1, 0, 5, 15, 55])
@pytest.mark.parametrize("bpm", [60, 120, 200])
def test_a_player_behind_or_ahead_of_the_click_is_found_so(phase_ms: float, bpm: float) -> None:
    notes = groove(phase_ms / 1000, bpm=bpm)
    assert grid_phase_s(notes, click(bpm=bpm)) * 1000 == pytest.approx(phase_ms, abs=0.1)


def test_half_beats_are_on_the_grid_too() -> None:
    between = [MidiNote(0.5 * i + 0.25 + 0.02, 36, 100) for i in range(12)]
    assert grid_phase_s(between, click()) == pytest.approx(0.02)


def test_human_error_averages_out() -> None:
    notes = groove(-0.017, jitter_s=0.008)
    assert grid_phase_s(notes, click()) == pytest.approx(-0.017, abs=0.004)


def test_syncopation_far_from_the_grid_is_not_counted() -> None:
    off_beat = [MidiNote(0.5 * i + 0.125, 36, 100) for i in range(12)]
    assert grid_phase_s(groove(0.01) + off_beat, click()) == pytest.approx(0.01, abs=1e-4)


@pytest.mark.parametrize(
    ("notes", "beats"),
    [
        ([], click()),
        (groove(0.02), []),
        (groove(0.02), click(1)),
        ([MidiNote(0.5 * i + 0.02, 42, 90) for i in range(20)], click()),
        ([MidiNote(0.5 * i + 0.125, 36, 90) for i in range(20)], click()),
        ([MidiNote(1000.0, 36, 90)], click()),
    ],
    ids=["no notes", "no beats", "one beat", "hats only", "off beats only", "after the beats"],
)
def test_without_evidence_the_click_stays_where_it_is(
    notes: list[MidiNote], beats: list[Beat]
) -> None:
    assert grid_phase_s(notes, beats) == 0


def test_a_side_stick_is_a_snare() -> None:
    side_sticks = [MidiNote(0.5 * i + 0.02, 37, 90) for i in range(20)]
    assert grid_phase_s(side_sticks, click()) == pytest.approx(0.02)


def test_a_pad_that_sends_another_drums_note_is_what_its_kit_says() -> None:
    toms = [MidiNote(0.5 * i + 0.02, 39, 90) for i in range(20)]
    assert grid_phase_s(toms, click()) == pytest.approx(0.02)
    assert grid_phase_s(toms, click(), {39: "mid_tom"}) == 0
