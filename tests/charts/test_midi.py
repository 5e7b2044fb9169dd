"""MIDI files as other programs read them."""

import re
import tracemalloc

import mido
import numpy as np
import pretty_midi
import pytest
from clone_hero_reader import chart_seconds
from dtx_reader import read_dtx_hits
from hypothesis import example, given
from hypothesis import strategies as st
from midi_checks import assert_sound
from transcriptions import any_transcription, on_bars

from drumscribe.charts.clone_hero_midi import write_notes_mid
from drumscribe.charts.clone_hero_text import write_notes_chart
from drumscribe.charts.dtx import write_dtx
from drumscribe.charts.game_chart import game_chart
from drumscribe.charts.midi import read_transcription_midi, write_transcription_midi
from drumscribe.charts.note_maps import note_map
from drumscribe.charts.score import score_of
from drumscribe.charts.song_info import SongInfo
from drumscribe.data.midi_processing import notes_to_events, read_midi
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap
from drumscribe.timing import FRAME_RATE, frame_to_seconds
from drumscribe.utils.errors import DrumscribeError

# The General MIDI note written for each lane (docs: the eight lanes).
GM_NOTES = {
    "kick": 36,
    "snare": 38,
    "hihat": 42,
    "high_tom": 50,
    "mid_tom": 47,
    "low_tom": 41,
    "crash": 49,
    "ride": 51,
}
FINER_NOTES = {"hihat_open": 46, "hihat_pedal": 44, "side_stick": 37, "ride_bell": 53}
FRAME_S = 1 / FRAME_RATE

# As transcription makes them: on frames, two of one drum never nearer than three frames.
spaced_events = st.lists(
    st.tuples(st.integers(0, 2000), st.sampled_from(LANES8.names), st.integers(1, 127)),
    unique_by=lambda row: (row[0], row[1]),
    max_size=60,
).map(lambda rows: [DrumEvent(frame_to_seconds(3 * k), drum, v) for k, drum, v in sorted(rows)])


def transcription_of(events, *, kit=LANES8, duration_s=10.0):
    return on_bars(events, TempoMap.steady(120, until_s=duration_s), kit=kit, duration_s=duration_s)


def written(path, transcription):
    write_transcription_midi(transcription, path)
    return path


def mido_notes(path):
    """(seconds, note, velocity) of every note-on, through the file's own tempo map."""
    now_s, notes = 0.0, []
    for message in mido.MidiFile(path):
        now_s += message.time
        if message.type == "note_on" and message.velocity:
            assert message.channel == 9
            notes.append((now_s, message.note, message.velocity))
    return sorted(notes)


def pretty_midi_notes(path):
    instruments = pretty_midi.PrettyMIDI(str(path)).instruments
    assert all(instrument.is_drum for instrument in instruments)
    notes = [note for instrument in instruments for note in instrument.notes]
    return sorted((note.start, note.pitch, note.velocity) for note in notes)


@pytest.mark.parametrize("read_notes", [mido_notes, pretty_midi_notes])
@pytest.mark.parametrize("lane", LANES8.names)
def test_a_lane_is_written_as_its_general_midi_note(tmp_path, lane, read_notes):
    path = written(tmp_path / "a.mid", transcription_of([DrumEvent(1.25, lane, 93)]))
    assert read_notes(path) == [(pytest.approx(1.25, abs=0.001), GM_NOTES[lane], 93)]


@pytest.mark.parametrize(("drum", "note"), FINER_NOTES.items())
def test_a_finer_kit_keeps_its_articulations(tmp_path, drum, note):
    events = [DrumEvent(1.0, drum, 80)]
    path = written(tmp_path / "a.mid", transcription_of(events, kit=ARTICULATIONS12))
    assert [pitch for _, pitch, _ in mido_notes(path)] == [note]


@given(spaced_events)
def test_every_hit_is_read_back_within_a_millisecond(tmp_path, events):
    path = written(tmp_path / "a.mid", transcription_of(events, duration_s=70.0))
    expected = sorted((e.onset_s, GM_NOTES[e.drum], e.velocity) for e in events)
    for found in (mido_notes(path), pretty_midi_notes(path)):
        assert [note[1:] for note in found] == [note[1:] for note in expected]
        times_s = [note[0] for note in found]
        assert times_s == pytest.approx([note[0] for note in expected], abs=0.001)


@given(spaced_events)
def test_hits_of_every_lane_are_read_back_as_that_lane(tmp_path, events):
    path = written(tmp_path / "a.mid", transcription_of(events, duration_s=70.0))
    reading = notes_to_events(read_midi(path).notes, LANES8)
    assert not reading.unknown_notes
    found = sorted((e.drum, e.velocity) for e in reading.events)
    assert found == sorted((e.drum, e.velocity) for e in events)


@pytest.mark.parametrize("duration_s", [3.0, 12.345, 174.0, 1200.7])
def test_the_file_lasts_as_long_as_the_recording_with_its_trailing_silence(tmp_path, duration_s):
    events = [DrumEvent(0.5, "kick", 100), DrumEvent(1.0, "snare", 100)]
    path = written(tmp_path / "a.mid", transcription_of(events, duration_s=duration_s))
    assert mido.MidiFile(path).length == pytest.approx(duration_s, abs=FRAME_S)
    reread = pretty_midi.PrettyMIDI(str(path))
    last_tick = max(sum(m.time for m in track) for track in mido.MidiFile(path).tracks)
    assert reread.tick_to_time(last_tick) == pytest.approx(duration_s, abs=FRAME_S)


def test_a_hit_in_the_last_frame_does_not_lengthen_the_file_by_more_than_a_frame(tmp_path):
    events = [DrumEvent(10.0, "kick", 100)]
    path = written(tmp_path / "a.mid", transcription_of(events, duration_s=10.0))
    assert mido.MidiFile(path).length == pytest.approx(10.0, abs=FRAME_S)
    assert len(mido_notes(path)) == 1


def test_a_recording_without_hits_becomes_a_silent_file_of_its_length(tmp_path):
    path = written(tmp_path / "a.mid", transcription_of([], duration_s=5.0))
    assert mido_notes(path) == []
    assert mido.MidiFile(path).length == pytest.approx(5.0, abs=FRAME_S)


def test_simultaneous_hits_of_all_lanes_are_all_written(tmp_path):
    events = [DrumEvent(1.0, name, 10 + i) for i, name in enumerate(LANES8.names)]
    path = written(tmp_path / "a.mid", transcription_of(events))
    assert len(mido_notes(path)) == len(pretty_midi_notes(path)) == 8


def test_the_folder_is_made(tmp_path):
    path = written(tmp_path / "new" / "folder" / "a.mid", transcription_of([]))
    assert path.is_file()


@pytest.mark.parametrize("target", ["folder.mid", "file/a.mid"])
def test_an_unwritable_target_is_named_and_nothing_half_written(tmp_path, target):
    (tmp_path / "folder.mid").mkdir()
    (tmp_path / "file").write_text("kept")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DrumscribeError) as caught:
        written(tmp_path / target, transcription_of([DrumEvent(1.0, "kick", 100)]))
    assert str(tmp_path / target) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "kept"


# On bars


@given(any_transcription)
def test_bar_lines_fall_on_downbeats_whatever_the_tempo(tmp_path, transcription):
    path = written(tmp_path / "a.mid", transcription)
    tempo, end_s = transcription.tempo, mido.MidiFile(path).length
    bars_s = np.array([beat.time_s for beat in read_midi(path).beats() if beat.number == 1])
    for beat in tempo.beats():
        if beat.number == 1 and 0 <= beat.time_s < end_s - 0.01:
            assert np.min(np.abs(bars_s - beat.time_s)) < 0.001


def test_another_reader_finds_the_downbeats_after_a_pickup(tmp_path):
    tempo = TempoMap.steady(90, first_downbeat_s=0.8, until_s=30)
    path = written(tmp_path / "a.mid", on_bars([DrumEvent(1.0, "kick", 90)], tempo))
    bars_s = pretty_midi.PrettyMIDI(str(path)).get_downbeats()
    expected_s = [0.0, *(beat.time_s for beat in tempo.beats()[:-1] if beat.number == 1)]
    n_bars = min(len(bars_s), len(expected_s))
    assert n_bars > 1
    assert bars_s[:n_bars] == pytest.approx(expected_s[:n_bars], abs=0.001)


@example(first_beat_s=0.0005, bpm=112.0, metre=(4, 4))
@given(
    st.floats(0, 0.005),
    st.floats(40, 1000),
    st.tuples(st.integers(1, 32), st.sampled_from([1, 2, 4, 8, 16, 32])),
)
def test_a_first_beat_hardly_after_the_start_needs_no_strange_tempo(
    tmp_path, first_beat_s, bpm, metre
):
    """A bar of a few milliseconds before it would have a tempo that no reader believes."""
    numerator, denominator = metre
    tempo = TempoMap.steady(
        bpm,
        first_downbeat_s=first_beat_s,
        until_s=10.0,
        numerator=numerator,
        denominator=denominator,
    )
    path = written(tmp_path / "a.mid", on_bars([DrumEvent(1.0, "kick", 90)], tempo))
    midi = read_midi(path)
    quarter_s = 60 / bpm * denominator / 4
    for change in midi.tempo_changes:
        assert change.seconds_per_quarter == pytest.approx(quarter_s, rel=0.4, abs=1e-6)
    beats_s = np.array([beat.time_s for beat in midi.beats()])
    assert np.min(np.abs(beats_s - first_beat_s - 60 / bpm)) < 0.001
    (event,) = read_transcription_midi(path).events
    assert event.onset_s == pytest.approx(1.0, abs=0.001)


def write_bars(path, *metres, n_quarters=24):
    """A kick on every quarter of 120 BPM, and (quarter, numerator, denominator) of metres."""
    notes = [(480 * k, mido.Message("note_on", channel=9, note=36)) for k in range(n_quarters)]
    changes = [
        (480 * quarter, mido.MetaMessage("time_signature", numerator=above, denominator=below))
        for quarter, above, below in metres
    ]
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(changes + notes, key=lambda timed: timed[0]):
        track.append(message.copy(time=round(tick) - now))
        now = round(tick)
    mido.MidiFile(tracks=[track]).save(path)


@pytest.mark.parametrize(
    ("metres", "downbeats_s"),
    [
        ([(0, 4, 4)], [0, 2, 4, 6]),
        ([(0, 1, 4), (1, 4, 4)], [0.5, 2.5, 4.5, 6.5]),  # a pick-up of a quarter
        ([(0, 3, 8), (1.5, 6, 8)], [0.75, 2.25, 3.75, 5.25]),
        ([(0, 4, 4), (4, 4, 4)], [0, 2, 4, 6]),  # the same again
        ([(0, 2, 4), (4, 4, 4)], [0, 1, 2, 4]),  # two bars are no pick-up
        ([(0, 4, 4), (8, 3, 4)], [0, 2, 4, 5.5]),
        ([(0, 4, 4), (8, 3, 4), (14, 6, 8)], [0, 2, 4, 5.5, 7, 8.5, 10]),
        ([(0, 1, 4), (1, 4, 4), (9, 3, 4)], [0.5, 2.5, 4.5, 6, 7.5]),
    ],
)
def test_bars_are_read_as_the_file_counts_them(tmp_path, metres, downbeats_s):
    write_bars(tmp_path / "a.mid", *metres)
    tempo = read_transcription_midi(tmp_path / "a.mid").tempo
    found = [beat.time_s for beat in tempo.beats() if beat.number == 1]
    assert found[: len(downbeats_s)] == pytest.approx(downbeats_s)
    if metres[0][1:] == (1, 4):  # the pick-up counts as the end of a bar
        assert tempo.number_in_bar(-1) == 4


@pytest.mark.parametrize(
    ("metres", "quarters"),
    [
        ([(0, 4, 4), (6, 4, 4)], [4, 2, 4, 4]),
        ([(0, 4, 4), (6, 3, 4)], [4, 2, 3, 3]),
        ([(0, 4, 4), (2, 4, 4)], [2, 4, 4, 4]),
        ([(0, 6, 8), (4, 4, 4)], [3, 1, 4, 4]),
        ([(0, 4, 4), (4.5, 4, 4)], [4, 0.5, 4, 4]),  # half a quarter is an eighth
        ([(0, 4, 4), (6.5, 3, 4)], [4, 2, 0.5, 3]),
        ([(0, 2, 2), (2.75, 3, 4)], [2, 0.75, 3, 3]),
        ([(0, 4, 4), (8 + 1 / 480, 3, 4)], [4, 4, 3, 3]),  # a tick after the bar line
        ([(0, 4, 4), (8 - 29 / 480, 3, 4)], [4, 4, 3, 3]),
        ([(0, 4, 4), (4 + 60 / 480, 3, 4)], [4, 0.125, 3, 3]),  # a 32nd after it
        ([(0, 4, 4), (1 / 480, 3, 4)], [3, 3, 3, 3]),
        ([(0, 4, 4), (4, 5, 4), (4 + 2 / 480, 3, 4)], [4, 3, 3, 3]),
        # Moved to the 32nd after it, the 9/128 is where the 3/4 is, which came a tick later.
        ([(0, 4, 4), (4 + 32 / 480, 9, 128), (4 + 33 / 480, 3, 4)], [4, 0.125, 3, 3]),
    ],
)
def test_a_bar_that_is_cut_short_moves_no_bar_line_of_any_file(tmp_path, metres, quarters):
    write_bars(tmp_path / "a.mid", *metres)
    heard = read_transcription_midi(tmp_path / "a.mid")
    score = [sum(cell.quarters for cell in bar.cells) for bar in score_of(heard).bars]
    assert score[:4] == quarters
    chart = game_chart(heard)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    write_dtx(chart, tmp_path / "a.dtx", SongInfo())
    for changes in (chart.grid.tempo_changes, read_midi(tmp_path / "notes.mid").tempo_changes):
        assert [change.seconds_per_quarter for change in changes] == [0.5]
    written(tmp_path / "b.mid", heard)
    assert midi_bars(tmp_path / "b.mid")[:5].tolist() == np.cumsum([0, *quarters]).tolist()
    for bars in (
        midi_bars(tmp_path / "notes.mid"),
        text_bars(tmp_path / "notes.chart"),
        dtx_bars(tmp_path / "a.dtx"),
    ):
        heard_bars = bars - chart.lead_in_s / 0.5
        assert heard_bars[heard_bars >= 0][:5].tolist() == np.cumsum([0, *quarters]).tolist()


ticks = st.integers(0, 8_000)
a_metre = st.tuples(st.integers(3, 13), st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))


@example(resolution=480, metres={3841: (3, 4)}, tempos={}, hits={3840, 5760})
@example(resolution=480, metres={2160: (4, 4)}, tempos={}, hits={0, 2160})
@given(
    resolution=st.sampled_from([480, 96, 50]),
    metres=st.dictionaries(ticks, a_metre, max_size=6),
    tempos=st.dictionaries(ticks, st.integers(30, 400), max_size=3),
    hits=st.sets(ticks, min_size=1, max_size=20),
)
def test_metres_on_any_tick_make_files_of_the_songs_tempo_and_times(
    tmp_path, resolution, metres, tempos, hits
):
    write_any_ticks(tmp_path / "a.mid", resolution, metres, tempos, hits)
    heard = read_transcription_midi(tmp_path / "a.mid")
    slowest, fastest = min([120, *tempos.values()]), max([120, *tempos.values()])
    chart = game_chart(heard)
    written(tmp_path / "b.mid", heard)
    write_notes_mid(chart, tmp_path / "notes.mid")
    write_notes_chart(chart, tmp_path / "notes.chart")
    write_dtx(chart, tmp_path / "a.dtx", SongInfo())
    played_s = [time_s for time_s, _, _ in mido_notes(tmp_path / "a.mid")]
    heard_s = [event.onset_s for event in read_transcription_midi(tmp_path / "b.mid").events]
    assert np.abs(np.subtract.outer(played_s, heard_s)).min(axis=1).max() < 0.001
    notes = chart.lane_levels["expert"]
    notes_s = [note.hit.onset_s for note in notes]
    assert np.abs(np.subtract.outer(notes_s, played_s) - chart.lead_in_s).min(axis=1).max() < 0.001
    game = [
        note.onset_s for note in read_midi(tmp_path / "notes.mid").notes if note.note in (95, 96)
    ]
    assert game == pytest.approx(notes_s, abs=0.001)
    text_s = chart_seconds(tmp_path / "notes.chart", [note.tick for note in notes])
    assert text_s == pytest.approx(notes_s, abs=0.002)
    dtx_s = [time_s for time_s, _ in read_dtx_hits(tmp_path / "a.dtx")]
    assert dtx_s == pytest.approx(notes_s, abs=60 / slowest / 96 / 2 + 1e-4)
    for name in ("b.mid", "notes.mid"):
        for change in read_midi(tmp_path / name).tempo_changes:
            assert 0.95 * slowest < 60 / change.seconds_per_quarter < 1.05 * fastest


def write_any_ticks(path, resolution, metres, tempos, hits):
    """Kicks and changes by their ticks, the tempos in beats a minute."""
    messages = [(tick, mido.Message("note_on", channel=9, note=36)) for tick in hits]
    for tick, (above, below) in metres.items():
        change = mido.MetaMessage("time_signature", numerator=above, denominator=below)
        messages.append((tick, change))
    for tick, bpm in tempos.items():
        messages.append((tick, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))))
    messages.sort(key=lambda timed: timed[0])
    starts = [0, *(tick for tick, _ in messages)]
    track = [
        message.copy(time=tick - start)
        for (tick, message), start in zip(messages, starts, strict=False)
    ]
    mido.MidiFile(tracks=[mido.MidiTrack(track)], ticks_per_beat=resolution).save(path)


def midi_bars(path):
    """Bar lines in quarters of 120 BPM from the start, as a sequencer lays them."""
    return np.array(
        [round(beat.time_s / 0.5, 3) for beat in read_midi(path).beats() if beat.number == 1]
    )


def text_bars(path):
    """The same of a ``.chart``: every metre goes on from its tick."""
    changes = re.findall(r"(\d+) = TS (\d+) (\d+)", path.read_text())
    starts = [int(tick) / 480 for tick, _, _ in changes]
    lengths = [4 * int(counts) / 2 ** int(power) for _, counts, power in changes]
    ends = [*starts[1:], starts[-1] + 20]
    return np.concatenate([np.arange(*span) for span in zip(starts, ends, lengths, strict=True)])


def dtx_bars(path):
    """The same of a ``.dtx``, which tells how long each bar is."""
    lengths = re.findall(r"#\d{3}02: (.+)", path.read_text("cp932"))
    return np.cumsum([0, *(4 * float(length) for length in lengths)])


@given(any_transcription)
def test_times_are_those_heard_whatever_the_tempo(tmp_path, transcription):
    path = written(tmp_path / "a.mid", transcription)
    for found in (mido_notes(path), pretty_midi_notes(path)):
        for event in transcription.events:
            note = transcription.kit[event.drum].note_written
            times_s = [time_s for time_s, pitch, _ in found if pitch == note]
            assert min(abs(time_s - event.onset_s) for time_s in times_s) < 0.001


@given(any_transcription)
def test_no_file_has_overlapping_unending_or_unsorted_notes(tmp_path, transcription):
    path = written(tmp_path / "a.mid", transcription)
    assert_sound(path)


@pytest.mark.parametrize(("option", "low_tom"), [("gm", 41), ("td17", 43)])
def test_a_note_table_is_chosen_by_name(tmp_path, option, low_tom):
    transcription = transcription_of([DrumEvent(1.0, "low_tom", 80)])
    write_transcription_midi(transcription, tmp_path / "a.mid", note_map(option))
    assert [pitch for _, pitch, _ in mido_notes(tmp_path / "a.mid")] == [low_tom]


@pytest.mark.parametrize("option", ["gm", "td17"])
@pytest.mark.parametrize("kit", [LANES8, ARTICULATIONS12], ids=lambda kit: kit.name)
def test_a_built_in_table_is_read_back_as_the_same_drums(option, kit):
    table = note_map(option)
    for name in kit.names:
        assert table.drums_by_note(kit)[table.note(name, kit)] == name
        assert kit.name_by_note[table.note(name, kit)] == name


def test_a_table_of_ones_own_names_drums_or_lanes(tmp_path):
    (tmp_path / "mine.yaml").write_text("snare: 38\nhihat: 8\nhihat_open: 60\n")
    table = note_map(str(tmp_path / "mine.yaml"))
    drums = ("snare", "side_stick", "hihat_closed", "hihat_open", "kick")
    notes = [table.note(drum, ARTICULATIONS12) for drum in drums]
    assert notes == [38, 38, 8, 60, 36]


@pytest.mark.parametrize("kit", [LANES8, ARTICULATIONS12], ids=lambda kit: kit.name)
@pytest.mark.parametrize("note", [36, 37, 42, 44, 46, 53])
def test_a_note_that_a_table_names_means_what_it_says(tmp_path, kit, note):
    (tmp_path / "mine.yaml").write_text(f"ride: {note}\n")
    assert note_map(str(tmp_path / "mine.yaml")).drums_by_note(kit)[note] == "ride"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no_such_drum: 56", "unknown drum 'no_such_drum'; choose of kick, snare"),
        ("kick: 128", "kick: must be a MIDI note 0..127, got 128"),
        ("kick: yes", "kick: must be a MIDI note"),
        ("- 36", "must hold lines 'drum: note'"),
        ("kick: [", "is not valid YAML"),
    ],
)
def test_a_table_that_is_none_is_refused_with_the_reason(tmp_path, text, reason):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(DrumscribeError, match=reason) as caught:
        note_map(str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("option", ["ezdrummer", "absent.yaml"])
def test_an_unknown_table_is_named(option):
    with pytest.raises(DrumscribeError, match=f"{option}: no such note table"):
        note_map(option)


@pytest.mark.slow
def test_hours_of_hits_take_little_more_memory_than_the_file(tmp_path):
    """Messages of all hits at once would take a kilobyte a hit."""

    def peak(n_hits):
        events = [DrumEvent(0.25 * k, "kick", 100) for k in range(n_hits)]
        transcription = transcription_of(events, duration_s=0.25 * n_hits)
        tracemalloc.start()
        try:
            write_transcription_midi(transcription, tmp_path / "out.mid")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(3000) - peak(1000) < 2000 * 200


def test_beats_that_nobody_can_count_are_refused_in_one_line(tmp_path):
    """After a pick-up of an hour comes a 32nd at 10,000, which would be the pick-up's too."""
    n_pickup, n_cut = 240 * 30_000, 30_000 // 8
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=16_000_000))
    track.append(mido.MetaMessage("time_signature", numerator=60, denominator=1))
    track.append(mido.MetaMessage("time_signature", numerator=64, denominator=1, time=n_pickup))
    track.append(mido.MetaMessage("set_tempo", tempo=6_000))
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4, time=n_cut))
    track.append(mido.Message("note_on", note=36, velocity=90))
    mido.MidiFile(tracks=[track], ticks_per_beat=30_000).save(tmp_path / "a.mid")
    with pytest.raises(DrumscribeError, match=r"a\.mid: its bars cannot be read \(.*too late"):
        read_transcription_midi(tmp_path / "a.mid")


def write_channels(path, notes):
    """A file of (channel counted from 0, note), one a beat."""
    track = mido.MidiTrack(
        mido.Message("note_on", channel=channel, note=note, velocity=90, time=480)
        for channel, note in notes
    )
    mido.MidiFile(tracks=[track]).save(path)


def test_other_instruments_are_no_drums(tmp_path):
    write_channels(tmp_path / "a.mid", [(0, 43), (9, 36), (0, 38), (9, 38)])
    events = read_transcription_midi(tmp_path / "a.mid").events
    assert [(event.onset_s, event.drum) for event in events] == [(1.0, "kick"), (2.0, "snare")]


def test_drums_of_a_file_without_the_drum_channel_are_read(tmp_path):
    write_channels(tmp_path / "a.mid", [(0, 36), (3, 38)])
    events = read_transcription_midi(tmp_path / "a.mid").events
    assert [event.drum for event in events] == ["kick", "snare"]


def test_notes_that_mean_no_drum_are_told_with_their_number(tmp_path, caplog):
    write_channels(tmp_path / "a.mid", [(9, 36), (9, 60), (9, 81), (9, 60)])
    read_transcription_midi(tmp_path / "a.mid")
    [told] = caplog.messages
    assert told.endswith(
        "a.mid: left out notes that mean no drum, with their number: 60 (2), 81 (1)"
    )
