"""``drumscribe chart``: a song in, a folder that a game plays out."""

import re
from collections import defaultdict

import mido
import numpy as np
import pytest
import soundfile

from drumscribe import cli
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi

DURATION_S = 20.0


@pytest.fixture
def song(tmp_path):
    """A song by its name, and a MIDI file of its drums."""
    soundfile.write(tmp_path / "Band - Song.wav", np.zeros(round(22_050 * DURATION_S)), 22_050)
    notes = [MidiNote(0.5 * beat, (36, 38)[beat % 2], 100) for beat in range(38)]
    write_midi(tmp_path / "notes.mid", notes, duration_s=DURATION_S, bpm=120)
    return tmp_path / "Band - Song.wav"


def chart(song, *options):
    return cli.main(["chart", str(song), "--midi", str(song.parent / "notes.mid"), *options])


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_song_becomes_a_folder_named_after_it(song, capsys):
    renamed = song.rename(song.with_name("01 Band - Song.wav"))
    assert chart(renamed) == 0
    folder = song.parent / "Band - Song"
    assert names(folder) == {"notes.mid", "notes.chart", "song.ini", "song.opus"}
    assert capsys.readouterr().out.startswith(f"{folder}: Song; notes: expert 38, hard ")


def test_names_and_files_are_as_asked_for(song, tmp_path):
    out = tmp_path / "out"
    options = ["-o", str(out), "--title", "Other", "--artist", "Else"]
    options += ["--chart-files", "mid", "--audio-format", "ogg"]
    assert chart(song, *options) == 0
    assert names(out) == {"notes.mid", "song.ini", "song.ogg"}
    assert "name = Other\nartist = Else\n" in (out / "song.ini").read_text()


@pytest.mark.parametrize(("midi_s", "song_s"), [(8.0, 20.0), (24.0, 24.0)])
def test_the_song_lasts_as_long_as_its_audio_and_its_notes(song, tmp_path, midi_s, song_s):
    """And the two seconds, one bar, that come before its first note."""
    write_midi(tmp_path / "notes.mid", [MidiNote(0.0, 36, 100)], duration_s=midi_s, bpm=120)
    out = tmp_path / "out"
    assert chart(song, "-o", str(out)) == 0
    (song_length,) = re.findall(r"song_length = (\d+)", (out / "song.ini").read_text())
    assert int(song_length) == pytest.approx(1000 * (2 + song_s), abs=2)
    (end_tick,) = re.findall(r'(\d+) = E "end"', (out / "notes.chart").read_text())
    assert int(end_tick) == pytest.approx(960 * (2 + song_s), abs=2)


def test_a_song_whose_length_only_decoding_tells_ends_with_its_notes(song, tmp_path, monkeypatch):
    monkeypatch.setattr("drumscribe.data.audio_processing.audio_duration_s", lambda _: None)
    write_midi(tmp_path / "notes.mid", [MidiNote(0.0, 36, 100)], duration_s=8.0, bpm=120)
    assert chart(song, "-o", str(tmp_path / "out")) == 0
    assert "song_length = 10000" in (tmp_path / "out" / "song.ini").read_text()


def test_another_game_has_another_folder(song, tmp_path):
    assert chart(song, "-o", str(tmp_path / "out"), "--game", "dtxmania") == 0
    assert {"mas.dtx", "bas.dtx", "set.def", "bgm.ogg"} <= names(tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--midi", "absent.mid"], "absent.mid: no such MIDI file"),
        (["-o", "file.txt"], "file.txt"),
    ],
)
def test_what_cannot_be_done_is_one_line(song, tmp_path, monkeypatch, capsys, options, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").touch()
    assert chart(song, *options) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_what_is_charted_is_never_written_over(song, tmp_path, capsys):
    """Nor does the model listen first: there is none by that name."""
    out = tmp_path / "out"
    out.mkdir()
    recording, notes = song.rename(out / "song.opus"), out / "notes.mid"
    before = recording.read_bytes()
    options = ["chart", str(recording), "-o", str(out), "-c", "absent.onnx"]
    assert cli.main(options) == 1
    assert capsys.readouterr().err.count("song.opus: is what the song is made of") == 1
    assert recording.read_bytes() == before
    (tmp_path / "notes.mid").rename(notes)
    other = recording.rename(tmp_path / "other.wav")
    assert cli.main(["chart", str(other), "-o", str(out), "--midi", str(notes)]) == 1
    assert "notes.mid: is what the song is made of" in capsys.readouterr().err


def test_a_games_chart_is_no_notes_to_chart(song, tmp_path, capsys):
    """Its notes are colours; those that are drums by chance would make a song of nonsense."""
    chart(song, "-o", str(tmp_path / "first"))
    capsys.readouterr()
    corrected = ["--midi", str(tmp_path / "first" / "notes.mid"), "-o", str(tmp_path / "second")]
    assert cli.main(["chart", str(song), *corrected]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "notes.mid: is a game's chart" in line
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("options", [["--chart-files", "chart"], ["--game", "dtxmania"]])
def test_what_is_charted_may_lie_in_the_folder_where_nothing_is_written_over_it(
    song, tmp_path, options
):
    out = tmp_path / "out"
    out.mkdir()
    notes = (tmp_path / "notes.mid").rename(out / "notes.mid")
    before = notes.read_bytes()
    assert cli.main(["chart", str(song), "-o", str(out), "--midi", str(notes), *options]) == 0
    assert notes.read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        ["--bpm", "120"],
        ["--time-signature", "3/4"],
        ["--first-beat", "0"],
        ["--quantize", "16"],
        ["--quantize-strength", "0.5"],
        ["--threshold", "0.5"],
        ["--checkpoint", "m.onnx"],
        ["--config", "my.yaml"],
        ["--set", "inference.min_gap_s=0.05"],
        ["--ride", "green", "--game", "dtxmania"],
        ["--crash", "blue", "--game", "dtxmania"],
        ["--chart-files", "mid", "--game", "dtxmania"],
        ["--audio-format", "ogg", "--game", "dtxmania"],
    ],
)
def test_an_option_that_would_change_nothing_is_refused(song, tmp_path, capsys, options):
    assert chart(song, "-o", str(tmp_path / "out"), *options) == 1
    error = capsys.readouterr().err
    assert f"{options[0]}: is of no use here" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_note_table_is_of_no_use_without_notes(song, capsys):
    assert cli.main(["chart", str(song), "--midi-notes", "td17"]) == 1
    assert "--midi-notes: is of no use here" in capsys.readouterr().err


def test_notes_are_read_by_the_table_asked_for(song, tmp_path, capsys):
    write_midi(song.parent / "notes.mid", [MidiNote(1.0, 60, 90)], duration_s=2.0)
    table = tmp_path / "mine.yaml"
    table.write_text("snare: 60\n")
    assert chart(song, "-o", str(tmp_path / "out"), "--midi-notes", str(table)) == 0
    assert "notes: expert 1" in capsys.readouterr().out


# A table as docs/formats.md prints it.
TABLE = "snare: 38\nside_stick: 37\nhihat: 62\nhihat_open: 60\n"
ELITE_HAT, ELITE_PEDAL, ELITE_ANY_HAT = 76, 72, 88


@pytest.mark.parametrize(("notes", "table"), [((42, 46, 44), "kick: 36"), ((62, 60, 44), TABLE)])
def test_open_and_pedal_hats_of_a_midi_file_are_charted(song, tmp_path, notes, table):
    """A hat each beat of 120 BPM; a bar of silence comes before them."""
    strokes = [MidiNote(0.5 * beat, note, 90) for beat, note in enumerate(notes)]
    write_midi(tmp_path / "notes.mid", strokes, duration_s=2.0, bpm=120)
    (tmp_path / "mine.yaml").write_text(table)
    options = ["--midi-notes", str(tmp_path / "mine.yaml")]
    assert chart(song, "-o", str(tmp_path / "out"), *options, "--game", "dtxmania") == 0
    lines = (tmp_path / "out" / "mas.dtx").read_text("cp932").splitlines()
    for channel, slots in {"11": "02", "18": "0002", "1B": "0002"}.items():
        assert any(line.startswith(f"#001{channel}: {slots}") for line in lines), channel
    assert chart(song, "-o", str(tmp_path / "elite"), *options) == 0
    found = elite_notes(tmp_path / "elite" / "notes.mid")
    assert found == [{ELITE_HAT, ELITE_PEDAL}, {ELITE_HAT}, {ELITE_PEDAL}]


def test_closed_hats_of_a_midi_file_without_others_may_be_open(song, tmp_path):
    """A model of eight lanes writes every hat as closed."""
    strokes = [MidiNote(0.5 * beat, 42, 90) for beat in range(2)]
    write_midi(tmp_path / "notes.mid", strokes, duration_s=2.0, bpm=120)
    assert chart(song, "-o", str(tmp_path / "out")) == 0
    assert elite_notes(tmp_path / "out" / "notes.mid") == 2 * [{ELITE_HAT, ELITE_ANY_HAT}]


def elite_notes(path):
    """The notes of the eight-lane part's hardest level that begin together, in order of time."""
    (track,) = (track for track in mido.MidiFile(path).tracks if track.name == "PART ELITE_DRUMS")
    tick, found = 0, defaultdict(set)
    for message in track:
        tick += message.time
        if message.type == "note_on" and message.velocity and message.note in range(72, 100):
            found[tick].add(message.note)
    return list(found.values())


def test_a_title_that_is_no_name_of_a_folder_is_charted(song):
    song = song.rename(song.with_name("Song.wav"))
    assert chart(song, "--title", "...") == 0
    assert "song.ini" in names(song.parent / "song")


def test_a_song_that_is_not_there_is_named(tmp_path, capsys):
    assert cli.main(["chart", str(tmp_path / "absent.mp3")]) == 1
    assert "absent.mp3: no such audio file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["song.mid", "song.CHART", "song.zip", "song.opus", "song.FLAC"])
def test_the_name_of_a_file_is_no_folder_for_a_song(song, tmp_path, capsys, name):
    assert chart(song, "-o", str(tmp_path / name)) == 1
    assert f"{name}: chart writes a folder" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("output", [["-o", "afile"], ["-o", "afile/song"], []])
def test_a_file_is_no_folder_for_a_song(song, monkeypatch, capsys, output):
    """Told before anything is heard: there is no such model. A song may be called "afile" too."""
    song.rename(song.with_name("afile"))
    monkeypatch.chdir(song.parent)
    assert cli.main(["chart", "afile", *output, "-c", "absent.onnx"]) == 1
    error = capsys.readouterr().err
    assert "afile: is a file, and chart writes a folder" in error
    assert error.count("\n") == 1


def test_a_folder_may_be_called_like_a_file(song, tmp_path):
    (tmp_path / "packed.zip").mkdir()
    assert chart(song, "-o", str(tmp_path / "packed.zip")) == 0
    assert chart(song, "-o", str(tmp_path / "Vol. 2")) == 0
