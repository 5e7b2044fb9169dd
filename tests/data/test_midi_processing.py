"""MIDI files: exact times in, playable files out, damage refused in one line."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pretty_midi
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drumscribe.data.midi_processing import Beat, MidiNote, notes_to_events, read_midi
from drumscribe.data.midi_writing import write_midi
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.utils.errors import DrumscribeError

TICKS = 480
Timed = tuple[int, Any]

drum_notes = st.sampled_from(sorted(LANES8.name_by_note))
notes = st.lists(st.builds(MidiNote, st.floats(0, 120), drum_notes, st.integers(1, 127)))


def hit(tick: int, note: int = 38, velocity: int = 100) -> list[Timed]:
    return [
        (tick, mido.Message("note_on", channel=9, note=note, velocity=velocity)),
        (tick + 1, mido.Message("note_off", channel=9, note=note)),
    ]


def tempo(tick: int, bpm: float) -> Timed:
    return (tick, mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm)))


def metre(tick: int, numerator: int, denominator: int) -> Timed:
    return (
        tick,
        mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator),
    )


def save(path: Path, *tracks: Sequence[Timed], end_tick: int = 0, ticks: int = TICKS) -> Path:
    """A MIDI file from tracks of messages at absolute ticks."""
    midi = mido.MidiFile(type=1, ticks_per_beat=ticks)
    for messages in tracks:
        track, now = mido.MidiTrack(), 0
        for tick, message in sorted(messages, key=lambda timed: timed[0]):
            track.append(message.copy(time=tick - now))
            now = tick
        track.append(mido.MetaMessage("end_of_track", time=max(0, end_tick - now)))
        midi.tracks.append(track)
    midi.save(path)
    return path


@pytest.fixture
def song(tmp_path: Path) -> Callable[..., Path]:
    return lambda *tracks, **options: save(tmp_path / "song.mid", *tracks, **options)


# Reading


def test_a_tempo_change_counts_from_its_own_tick(song: Callable[..., Path]) -> None:
    conductor = [tempo(0, 120), tempo(960, 60)]
    path = song(conductor, hit(480) + hit(960) + hit(1200) + hit(1440))
    assert [note.onset_s for note in read_midi(path).notes] == pytest.approx([0.5, 1.0, 1.5, 2.0])


def test_a_tempo_in_any_track_holds_for_all_tracks(song: Callable[..., Path]) -> None:
    path = song(hit(480), [tempo(0, 60)])
    assert read_midi(path).notes[0].onset_s == pytest.approx(1.0)


def test_without_a_tempo_it_is_120_and_without_a_metre_it_is_4_4(
    song: Callable[..., Path],
) -> None:
    midi = read_midi(song(hit(480), end_tick=4 * 480))
    assert midi.notes[0].onset_s == pytest.approx(0.5)
    assert midi.beats() == [Beat(0.5 * i, i % 4 + 1) for i in range(5)]


def test_the_length_is_that_of_the_longest_track(song: Callable[..., Path]) -> None:
    assert read_midi(song([tempo(0, 60)], hit(0), end_tick=960)).end_s == pytest.approx(2.0)


def test_a_note_on_without_velocity_is_no_note(song: Callable[..., Path]) -> None:
    silent = mido.Message("note_on", channel=9, note=38, velocity=0)
    assert len(read_midi(song([*hit(0), (100, silent)])).notes) == 1


def test_notes_of_all_channels_and_tracks_come_in_order_of_time(song: Callable[..., Path]) -> None:
    first_channel = [(240, mido.Message("note_on", channel=0, note=36, velocity=50))]
    midi = read_midi(song(hit(480), first_channel, hit(0, 42)))
    assert [note.note for note in midi.notes] == [42, 36, 38]


def test_a_beat_of_6_8_is_an_eighth(song: Callable[..., Path]) -> None:
    midi = read_midi(song([metre(0, 6, 8), tempo(0, 120)], end_tick=3 * 480))
    assert midi.beats() == [Beat(0.25 * i, i % 6 + 1) for i in range(7)]


def test_a_metre_change_begins_a_new_bar(song: Callable[..., Path]) -> None:
    midi = read_midi(song([metre(0, 4, 4), metre(2 * 480, 3, 4)], end_tick=6 * 480))
    assert [beat.number for beat in midi.beats()] == [1, 2, 1, 2, 3, 1, 2]


def test_beats_go_on_as_long_as_they_are_asked_for(song: Callable[..., Path]) -> None:
    midi = read_midi(song([tempo(0, 60)], end_tick=480))
    assert [beat.time_s for beat in midi.beats(3.5)] == pytest.approx([0, 1, 2, 3])


tempo_maps = st.dictionaries(st.integers(0, 20_000), st.integers(30, 300), max_size=8)
bars = st.lists(
    st.tuples(
        st.sampled_from([(4, 4), (3, 4), (5, 4), (7, 4), (2, 2), (5, 8), (7, 8)]), st.integers(1, 3)
    ),
    min_size=1,
    max_size=4,
)


@given(
    tempo_maps,
    bars,
    st.lists(st.integers(0, 20_000), unique=True, max_size=30),
    st.sampled_from([96, 220, 480, 960]),
)
def test_times_and_beats_are_those_of_pretty_midi(
    tmp_path: Path,
    tempos: dict[int, int],
    metres: list[tuple[tuple[int, int], int]],
    note_ticks: list[int],
    ticks: int,
) -> None:
    conductor = [tempo(tick, bpm) for tick, bpm in ({0: 100} | tempos).items()]
    bar_tick = 0
    for (numerator, denominator), n_bars in metres:
        conductor.append(metre(bar_tick, numerator, denominator))
        bar_tick += n_bars * numerator * ticks * 4 // denominator
    hits = [message for tick in note_ticks for message in hit(2 * tick)]
    end_tick = max([bar_tick, *(2 * tick + 1 for tick in note_ticks)])
    path = save(tmp_path / "song.mid", conductor, hits + hit(end_tick), ticks=ticks)

    midi, oracle = read_midi(path), pretty_midi.PrettyMIDI(str(path))
    expected_s = sorted(note.start for note in oracle.instruments[0].notes)
    assert [note.onset_s for note in midi.notes] == pytest.approx(expected_s, abs=1e-6)
    until_s = oracle.get_end_time() - 1e-3  # of its notes; tempo changes may go on
    beats, downbeats = oracle.get_beats(), oracle.get_downbeats()
    ours = midi.beats(until_s)
    assert [b.time_s for b in ours] == pytest.approx(beats[beats <= until_s], abs=1e-6)
    our_downbeats = [b.time_s for b in ours if b.number == 1]
    assert our_downbeats == pytest.approx(downbeats[downbeats <= until_s], abs=1e-6)


# Meaning


def test_notes_become_events_of_their_class() -> None:
    reading = notes_to_events([MidiNote(0.5, 22, 90), MidiNote(1.0, 37, 40)], ARTICULATIONS12)
    assert reading.events == [DrumEvent(0.5, "hihat_closed", 90), DrumEvent(1.0, "side_stick", 40)]
    assert not reading.unknown_notes


def test_unknown_notes_are_counted_and_not_lost() -> None:
    unknown = [MidiNote(0.1 * i, note, 90) for i, note in enumerate((56, 70, 56))]
    reading = notes_to_events([*unknown, MidiNote(1.0, 36, 90)], LANES8)
    assert [event.drum for event in reading.events] == ["kick"]
    assert reading.unknown_notes == {56: 2, 70: 1}


def test_a_kits_own_meaning_of_a_note_goes_before_the_table() -> None:
    overrides = {56: "mid_tom", 39: "low_tom"}
    heard = [MidiNote(0, 56, 90), MidiNote(1, 39, 90), MidiNote(2, 38, 90)]
    reading = notes_to_events(heard, LANES8, overrides)
    assert [event.drum for event in reading.events] == ["mid_tom", "low_tom", "snare"]


# Writing


@given(notes, st.floats(20, 300), st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8)]))
def test_what_is_written_is_read_back_within_half_a_tick(
    tmp_path: Path, played: list[MidiNote], bpm: float, metre: tuple[int, int]
) -> None:
    path = tmp_path / "song.mid"
    write_midi(path, played, duration_s=120, bpm=bpm, metre=metre)
    back = read_midi(path)
    tolerance_s = 0.5 * back.tempo_changes[0].seconds_per_quarter / 480 + 1e-9
    assert {note.note for note in back.notes} == {note.note for note in played}
    for pitch in {note.note for note in played}:
        ours = sorted(note.onset_s for note in played if note.note == pitch)
        theirs = np.array([note.onset_s for note in back.notes if note.note == pitch])
        for onset_s in ours:
            assert np.abs(theirs - onset_s).min() <= tolerance_s
        for onset_s in theirs:
            assert np.abs(np.array(ours) - onset_s).min() <= tolerance_s
    assert (back.metre_changes[0].numerator, back.metre_changes[0].denominator) == metre
    assert back.tempo_changes[0].seconds_per_quarter == pytest.approx(60 / bpm, rel=1e-5)


@given(st.dictionaries(st.tuples(drum_notes, st.integers(0, 1000)), st.integers(1, 127)))
def test_notes_ten_milliseconds_apart_all_survive_with_their_velocities(
    tmp_path: Path, grid: dict[tuple[int, int], int]
) -> None:
    played = [MidiNote(step / 100, note, vel) for (note, step), vel in grid.items()]
    write_midi(tmp_path / "song.mid", played, duration_s=10)
    back = read_midi(tmp_path / "song.mid").notes
    assert {(n.note, round(n.onset_s * 100)): n.velocity for n in back} == grid
    assert len(back) == len(grid)


def test_of_two_hits_on_one_tick_the_louder_stays(tmp_path: Path) -> None:
    doubled = [MidiNote(1.0, 38, 20), MidiNote(1.0001, 38, 110), MidiNote(1.0, 38, 60)]
    write_midi(tmp_path / "song.mid", doubled, duration_s=2)
    assert [note.velocity for note in read_midi(tmp_path / "song.mid").notes] == [110]


@given(notes, st.floats(0.001, 0.1))
def test_no_two_notes_of_a_pitch_overlap_and_every_note_ends(
    tmp_path: Path, played: list[MidiNote], pace: float
) -> None:
    path = tmp_path / "song.mid"
    denser = [MidiNote(note.onset_s * pace, note.note, note.velocity) for note in played]
    write_midi(path, denser, duration_s=120)
    sounding: set[int] = set()
    for message in mido.MidiFile(path).tracks[1]:
        if message.type == "note_on":
            assert message.note not in sounding
            sounding.add(message.note)
        elif message.type == "note_off":
            sounding.remove(message.note)
    assert not sounding


@given(
    st.lists(st.tuples(st.floats(0, 0.999), drum_notes), max_size=20),
    st.floats(1, 600),
    st.floats(30, 300),
)
def test_the_file_lasts_as_long_as_the_recording(
    tmp_path: Path, hits: list[tuple[float, int]], duration_s: float, bpm: float
) -> None:
    path = tmp_path / "song.mid"
    played = [MidiNote(share * duration_s, note, 90) for share, note in hits]
    write_midi(path, played, duration_s=duration_s, bpm=bpm)
    tick_s = 60 / bpm / 480
    assert read_midi(path).end_s == pytest.approx(duration_s, abs=1.01 * tick_s)
    assert mido.MidiFile(path).length == pytest.approx(duration_s, abs=1.01 * tick_s)


@pytest.mark.parametrize("before_end_s", [0.002, 0.01, 0.049])
def test_a_hit_just_before_the_end_does_not_lengthen_the_file(
    tmp_path: Path, before_end_s: float
) -> None:
    write_midi(tmp_path / "song.mid", [MidiNote(2 - before_end_s, 49, 90)], duration_s=2)
    midi = read_midi(tmp_path / "song.mid")
    assert len(midi.notes) == 1
    assert midi.end_s == pytest.approx(2, abs=1e-9)


def test_a_hit_after_the_given_duration_is_kept_and_lengthens_the_file(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", [MidiNote(5.0, 38, 90)], duration_s=1.0)
    midi = read_midi(tmp_path / "song.mid")
    assert midi.notes[0].onset_s == pytest.approx(5.0, abs=0.001)
    assert midi.end_s >= 5.0


def test_the_file_is_of_type_1_with_a_tempo_track_and_drums_on_channel_ten(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", [MidiNote(0.5, 38, 90)], duration_s=1, bpm=87, metre=(3, 4))
    midi = mido.MidiFile(tmp_path / "song.mid")
    assert (midi.type, midi.ticks_per_beat, len(midi.tracks)) == (1, 480, 2)
    assert {message.type for message in midi.tracks[0]} >= {"set_tempo", "time_signature"}
    assert {m.channel for m in midi.tracks[1] if not m.is_meta} == {9}


def test_pretty_midi_reads_a_written_file_as_drums(tmp_path: Path) -> None:
    played = [MidiNote(0.25 * i, note, 60 + i) for i, note in enumerate((36, 42, 38, 42, 36, 49))]
    write_midi(tmp_path / "song.mid", played, duration_s=3, bpm=97.3)
    (drums,) = pretty_midi.PrettyMIDI(str(tmp_path / "song.mid")).instruments
    assert drums.is_drum
    heard = sorted((note.start, note.pitch, note.velocity) for note in drums.notes)
    assert [(pitch, vel) for _, pitch, vel in heard] == [(n.note, n.velocity) for n in played]
    assert [time_s for time_s, _, _ in heard] == pytest.approx(
        [note.onset_s for note in played], abs=0.001
    )


def test_a_song_without_hits_is_still_a_song(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", [], duration_s=7.5)
    midi = read_midi(tmp_path / "song.mid")
    assert midi.notes == ()
    assert midi.end_s == pytest.approx(7.5, abs=0.001)


# Damage


def assert_readable_or_refused(path: Path) -> None:
    try:
        read_midi(path).beats()
    except DrumscribeError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)


@pytest.fixture(scope="module")
def sound_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("midi") / "sound.mid"
    conductor = [
        tempo(0, 120),
        metre(0, 4, 4),
        (0, mido.MetaMessage("key_signature", key="C")),
        (0, mido.MetaMessage("marker", text="verse")),
        tempo(500, 90),
    ]
    drums = [message for tick in range(0, 2000, 240) for message in hit(tick)]
    save(path, conductor, [*drums, (7, mido.Message("sysex", data=[1, 2, 3]))])
    return path.read_bytes()


@settings(max_examples=150)
@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4
    )
)
def test_a_file_with_wrong_bytes_is_read_or_refused_in_one_line(
    tmp_path: Path, sound_bytes: bytes, edits: list[tuple[float, int]]
) -> None:
    damaged = bytearray(sound_bytes)
    for place, value in edits:
        damaged[int(place * len(damaged))] = value
    (tmp_path / "song.mid").write_bytes(damaged)
    assert_readable_or_refused(tmp_path / "song.mid")


def test_a_file_cut_at_any_byte_is_refused_in_one_line(tmp_path: Path, sound_bytes: bytes) -> None:
    path = tmp_path / "song.mid"
    for n_bytes in range(len(sound_bytes)):
        path.write_bytes(sound_bytes[:n_bytes])
        assert_readable_or_refused(path)
        if n_bytes < len(sound_bytes) // 2:
            with pytest.raises(DrumscribeError, match=r"is not a readable MIDI file"):
                read_midi(path)


@given(st.binary(max_size=100))
@example(b"")
@example(b"MThd\0\0\0\6")
@example(b"MThd\0\0\0\6\0\1\0\1\x01\xe0MTrk\0\0\0\4\0\xff\x59\x02\x09\x00")
def test_bytes_that_are_no_midi_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "song.mid").write_bytes(content)
    assert_readable_or_refused(tmp_path / "song.mid")


def test_a_key_that_does_not_exist_is_refused_in_one_line(
    tmp_path: Path, sound_bytes: bytes
) -> None:
    place = sound_bytes.index(b"\xff\x59\x02") + 3
    path = tmp_path / "song.mid"
    path.write_bytes(sound_bytes[:place] + b"\x09\x07" + sound_bytes[place + 2 :])
    with pytest.raises(DrumscribeError, match=r"song\.mid: is not a readable MIDI file \(.*key"):
        read_midi(path)


@pytest.mark.parametrize("division", [b"\0\0", b"\xe7\x28"], ids=["zero", "SMPTE"])
def test_a_file_without_ticks_a_beat_is_refused(
    tmp_path: Path, sound_bytes: bytes, division: bytes
) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(sound_bytes[:12] + division + sound_bytes[14:])
    with pytest.raises(DrumscribeError, match=r"song\.mid: is not a readable MIDI file"):
        read_midi(path)


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DrumscribeError, match=r"absent\.mid: no such MIDI file"):
        read_midi(tmp_path / "absent.mid")
    with pytest.raises(DrumscribeError, match=r"is a folder, not a MIDI file"):
        read_midi(tmp_path)


def test_a_target_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DrumscribeError, match=r"is a folder"):
        write_midi(tmp_path, [], duration_s=1)


def test_ticks_of_one_file_are_in_order(tmp_path: Path) -> None:
    played = [MidiNote(t, 38, 90) for t in (3.0, 1.0, 2.0, 1.0005)]
    write_midi(tmp_path / "song.mid", played, duration_s=4)
    onsets = [note.onset_s for note in read_midi(tmp_path / "song.mid").notes]
    assert all(a < b for a, b in pairwise(onsets))
