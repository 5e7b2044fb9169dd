"""A song's folder: audio after its silence, names, and what the ini says."""

import configparser

import numpy as np
import pytest
import soundfile
from transcriptions import on_bars

from drumscribe.charts.song_folder import SongFolderOptions, song_files, write_song_folder
from drumscribe.charts.song_info import SongInfo, song_info
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap
from drumscribe.utils.errors import DrumscribeError

RATE = 44_100
CLICK_S = 1.25


@pytest.fixture
def song(tmp_path):
    """Stereo noise that begins suddenly, right louder than left, after silence."""
    samples = np.zeros((3 * RATE, 2), np.float32)
    burst = np.random.default_rng(1).standard_normal(RATE // 10) * 0.2
    start = round(CLICK_S * RATE)
    samples[start : start + len(burst)] = burst[:, None] * (0.5, 1.0)
    soundfile.write(tmp_path / "song.wav", samples, RATE)
    return tmp_path / "song.wav"


def transcription(*times_s):
    events = [DrumEvent(time_s, "snare", 90) for time_s in times_s or (CLICK_S,)]
    return on_bars(events, TempoMap.steady(100, until_s=3), duration_s=3.0)


def read_ini(folder):
    ini = configparser.ConfigParser()
    ini.read(folder / "song.ini", encoding="utf-8")
    return dict(ini["song"])


@pytest.mark.parametrize(("audio_format", "rate"), [("opus", 48_000), ("ogg", 44_100)])
def test_the_audio_waits_as_long_as_the_chart(tmp_path, song, audio_format, rate):
    options = SongFolderOptions(audio_format=audio_format)
    chart = write_song_folder(transcription(), song, tmp_path / "out", SongInfo("T"), options)
    samples, found_rate = soundfile.read(tmp_path / "out" / f"song.{audio_format}")
    assert found_rate == rate
    assert len(samples) / rate == pytest.approx(3.0 + chart.lead_in_s, abs=0.01)
    loud = np.flatnonzero(np.abs(samples[:, 1]) > 0.05)
    heard_s = loud[0] / rate
    (note,) = chart.lane_levels["expert"]
    assert heard_s == pytest.approx(CLICK_S + chart.lead_in_s, abs=0.003)
    assert heard_s == pytest.approx(float(chart.grid.seconds(note.tick)), abs=0.003)
    assert np.std(samples[:, 1]) > 1.5 * np.std(samples[:, 0])


@pytest.mark.parametrize(
    ("chart_files", "names"),
    [
        ("both", {"notes.mid", "notes.chart"}),
        ("mid", {"notes.mid"}),
        ("chart", {"notes.chart"}),
    ],
)
def test_a_folder_holds_what_a_game_needs(tmp_path, song, chart_files, names):
    options = SongFolderOptions(chart_files=chart_files)
    write_song_folder(transcription(), song, tmp_path / "out", SongInfo("T"), options)
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert found == {"song.ini", "song.opus"} | names == set(song_files(options))


def test_files_of_an_earlier_chart_are_told(tmp_path, song, caplog):
    write_song_folder(transcription(), song, tmp_path / "out", SongInfo("T"))
    assert not caplog.messages
    options = SongFolderOptions(chart_files="mid", audio_format="ogg")
    write_song_folder(transcription(), song, tmp_path / "out", SongInfo("T"), options)
    assert [message.partition(":")[0].rpartition("/")[2] for message in caplog.messages] == [
        "song.opus",
        "notes.chart",
    ]


def test_the_ini_says_what_games_ask(tmp_path, song):
    info = SongInfo("Título", "Ärtist", year="1999")
    chart = write_song_folder(transcription(), song, tmp_path / "out", info)
    ini = read_ini(tmp_path / "out")
    assert (ini["name"], ini["artist"], ini["year"]) == ("Título", "Ärtist", "1999")
    assert ini["pro_drums"] == "True"
    assert 0 <= int(ini["diff_drums"]) <= 6
    assert int(ini["song_length"]) == pytest.approx(1000 * (3.0 + chart.lead_in_s), abs=2)
    assert "album" not in ini


def test_a_faster_song_is_rated_harder(tmp_path, song):
    slow = transcription(*np.arange(0.5, 3, 1.0))
    fast = transcription(*np.arange(0.5, 3, 0.07))
    ratings = []
    for index, played in enumerate((slow, fast)):
        write_song_folder(played, song, tmp_path / str(index), SongInfo("T"))
        ratings.append(int(read_ini(tmp_path / str(index))["diff_drums"]))
    assert ratings[0] < ratings[1]


def test_a_recording_that_cannot_be_decoded_is_named_and_no_audio_left(tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"no audio")
    with pytest.raises(DrumscribeError, match=r"broken\.wav"):
        write_song_folder(transcription(), tmp_path / "broken.wav", tmp_path / "out", SongInfo("T"))
    assert not list((tmp_path / "out").glob("*song*"))


@pytest.mark.parametrize("suffix", ["flac", "ogg", "wav"])
def test_tags_name_the_song(tmp_path, suffix):
    path = tmp_path / f"01 - file.{suffix}"
    with soundfile.SoundFile(path, "w", RATE, 1) as file:
        file.title, file.artist, file.date = "A title", "An artist", "2001-02-03"
        file.write(np.zeros(1000, np.float32))
    info = song_info(path)
    assert (info.title, info.artist, info.year) == ("A title", "An artist", "2001")


@pytest.mark.parametrize(
    ("name", "artist", "title"),
    [
        ("Band - Song.wav", "Band", "Song"),
        ("03 Song.wav", "", "Song"),
        ("07 - Band_of_it - Song - live.wav", "Band of it", "Song - live"),
        ("12. Song.wav", "", "Song"),
        ("7 - Rings.wav", "", "Rings"),
        ("50 Cent - In Da Club.wav", "50 Cent", "In Da Club"),
        ("50_Cent_-_In_Da_Club.wav", "50 Cent", "In Da Club"),
        ("99 Problems.wav", "", "99 Problems"),
        ("01_Song.wav", "", "Song"),
        ("12_A_song.wav", "", "A song"),
        ("10-Song.wav", "", "Song"),
        ("112-Band - Song.wav", "Band", "Song"),
        ("12_-_Song.wav", "", "Song"),
        ("21-12-2019.wav", "", "21-12-2019"),
        ("1999.wav", "", "1999"),
        ("song.wav", "", "song"),
    ],
)
def test_a_file_without_tags_is_named_by_its_name(tmp_path, name, artist, title):
    soundfile.write(tmp_path / name, np.zeros(1000), RATE)
    info = song_info(tmp_path / name)
    assert (info.artist, info.title) == (artist, title)


def test_what_the_user_says_stands_before_tags():
    info = SongInfo("T", "A").with_known(title="Mine", artist=None, charter="")
    assert (info.title, info.artist, info.charter) == ("Mine", "A", "drumscribe")
