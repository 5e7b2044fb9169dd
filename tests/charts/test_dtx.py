"""DTX files as a player reads them."""

import re

import numpy as np
import pytest
import soundfile
from dtx_reader import CHANNELS, read_dtx
from hypothesis import given
from transcriptions import any_transcription, on_bars

from drumscribe.charts.dtx import write_dtx
from drumscribe.charts.dtx_folder import write_dtx_folder
from drumscribe.charts.game_chart import game_chart
from drumscribe.charts.song_info import SongInfo
from drumscribe.drums import ARTICULATIONS12
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap, TimeSignature
from drumscribe.utils.errors import DrumscribeError

INFO = SongInfo("Title", "Artist")


def written(tmp_path, chart):
    write_dtx(chart, tmp_path / "a.dtx", INFO)
    return read_dtx(tmp_path / "a.dtx")


@given(any_transcription)
def test_every_hit_is_read_back_on_its_lane_within_half_a_slot(tmp_path, transcription):
    chart = game_chart(transcription)
    _, chips = written(tmp_path, chart)
    found = [(time_s, CHANNELS[channel]) for time_s, channel, _ in chips if channel in CHANNELS]
    notes = chart.lane_levels["expert"]
    slowest_s = max(change.seconds_per_quarter for change in chart.grid.tempo_changes)
    for lane in set(CHANNELS.values()):
        expected_s = [note.hit.onset_s for note in notes if note.hit.lane == lane]
        found_s = [time_s for time_s, found_lane in found if found_lane == lane]
        assert found_s == pytest.approx(expected_s, abs=slowest_s / 96 / 2 + 1e-4)


def test_the_song_begins_with_the_chart(tmp_path):
    tempo = TempoMap.steady(100, until_s=10)
    chart = game_chart(on_bars([DrumEvent(3.0, "kick", 90)], tempo, duration_s=10))
    header, chips = written(tmp_path, chart)
    assert (header["TITLE"], header["ARTIST"], header["WAV01"]) == ("Title", "Artist", "bgm.ogg")
    assert float(header["BPM"]) == 100
    assert [chip for chip in chips if chip[1] == "01"] == [(0.0, "01", "01")]


@pytest.mark.parametrize(
    ("numerator", "denominator", "length"), [(4, 4, 1.0), (3, 4, 0.75), (7, 8, 0.875)]
)
def test_bars_have_their_length_and_go_on_to_the_end(tmp_path, numerator, denominator, length):
    tempo = TempoMap.steady(100, until_s=10, numerator=numerator, denominator=denominator)
    chart = game_chart(on_bars([DrumEvent(3.0, "kick", 90)], tempo, duration_s=10))
    write_dtx(chart, tmp_path / "a.dtx", INFO)
    lengths = re.findall(r"#(\d{3})02: (.+)", (tmp_path / "a.dtx").read_text("cp932"))
    bar_s = numerator * 60 / 100
    n_bars = int(chart.duration_s / bar_s) + 1  # the last one holds the end of the song
    assert lengths == [(f"{bar:03d}", f"{length:.6f}") for bar in range(n_bars)]


def test_hats_and_the_second_pedal_have_channels_of_their_own(tmp_path):
    drums = ["hihat_closed", "hihat_open", "hihat_pedal", "kick", "kick"]
    played = [DrumEvent(2.0 + 0.125 * k, drum, 90) for k, drum in enumerate(drums)]
    tempo = TempoMap.steady(120, until_s=10)
    chart = game_chart(on_bars(played, tempo, kit=ARTICULATIONS12, duration_s=10))
    _, chips = written(tmp_path, chart)
    found = [channel for _, channel, _ in chips if channel in CHANNELS]
    assert found == ["11", "18", "1B", "13", "1C"]


def test_the_last_bar_is_of_its_own_metre_though_another_follows_the_end(tmp_path):
    metres = (TimeSignature(0, 4, 4), TimeSignature(8, 1, 4))
    tempo = TempoMap(tuple(0.5 * beat for beat in range(12)), metres)
    kicks = [DrumEvent(time_s, "kick", 90) for time_s in (2.0, 3.0)]
    _, chips = written(tmp_path, game_chart(on_bars(kicks, tempo, duration_s=3.5)))
    assert [time_s for time_s, channel, _ in chips if channel == "13"] == pytest.approx([2.0, 3.0])


def test_hits_of_a_thousand_bars_are_read_back(tmp_path):
    """From bar 1000 on the first digit is a letter."""
    tempo = TempoMap.steady(240, until_s=1200)  # a bar a second
    kicks = [DrumEvent(2.25 + 9 * k, "kick", 90) for k in range(128)]
    _, chips = written(tmp_path, game_chart(on_bars(kicks, tempo, duration_s=1200)))
    found_s = [time_s for time_s, channel, _ in chips if channel == "13"]
    assert found_s == pytest.approx([kick.onset_s for kick in kicks], abs=0.002)


def test_a_drummer_of_more_tempos_than_the_format_names_is_followed_nearly(tmp_path, rng):
    """There are 1295 names; a few milliseconds are given away for as many tempos as that."""
    beats_s = np.cumsum(rng.uniform(0.35, 0.65, 1500))
    tempo = TempoMap(tuple(beats_s.tolist()))
    kicks = [DrumEvent(float(time_s), "kick", 90) for time_s in beats_s[8::16]]
    chart = game_chart(on_bars(kicks, tempo, duration_s=float(beats_s[-1])))
    header, chips = written(tmp_path, chart)
    assert 100 < sum(name.startswith("BPM") and name != "BPM" for name in header) <= 1295
    found_s = [time_s for time_s, channel, _ in chips if channel == "13"]
    expected_s = [note.hit.onset_s for note in chart.lane_levels["expert"]]
    assert found_s == pytest.approx(expected_s, abs=0.65 / 96 / 2 + 1e-4)


@pytest.mark.parametrize("n_tempos", [1295, 1296])
def test_as_many_tempos_are_kept_as_have_names(tmp_path, n_tempos):
    """Beats of all lengths from 0.3 s on in steps of a millisecond, neighbours far apart."""
    gaps_s = 0.3 + 0.001 * (577 * np.arange(n_tempos) % n_tempos)
    tempo = TempoMap(tuple(np.cumsum([0.0, *gaps_s]).tolist()))
    kick = DrumEvent(float(tempo.beats_s[8]), "kick", 90)
    chart = game_chart(on_bars([kick], tempo, duration_s=float(tempo.beats_s[-1])))
    header, _ = written(tmp_path, chart)
    names = [name for name in header if len(name) == 5 and name.startswith("BPM")]
    assert (len(names) == 1295) == (n_tempos == 1295)
    assert ("BPMZZ" in names) == (n_tempos == 1295)


@pytest.mark.parametrize(
    ("bpm", "text"), [(123.456789, "123.4568"), (0.5, "1.0"), (20_000, "9999.0")]
)
def test_a_tempo_has_four_digits_and_is_one_that_the_game_plays(tmp_path, bpm, text):
    tempo = TempoMap.steady(bpm, until_s=10)
    kicks = [DrumEvent(time_s, "kick", 90) for time_s in (3.0, 4.5)]
    header, chips = written(tmp_path, game_chart(on_bars(kicks, tempo, duration_s=5)))
    assert (header["BPM"], header["BPM01"]) == (text, text)
    found_s = [time_s for time_s, channel, _ in chips if channel == "13"]
    assert found_s == pytest.approx([3.0, 4.5], abs=60 / float(text) / 96 / 2 + 1e-4)


def test_the_first_stroke_of_a_bar_is_on_its_line_though_the_tempo_wanders(tmp_path, rng):
    beats_s = np.cumsum([0.0, *rng.uniform(0.55, 0.65, 64)])
    kicks = [DrumEvent(float(time_s), "kick", 90) for time_s in beats_s[4::4]]
    chart = game_chart(on_bars(kicks, TempoMap(tuple(beats_s.tolist())), duration_s=40))
    write_dtx(chart, tmp_path / "a.dtx", INFO)
    kicked = re.findall(r"#\d{3}13: .+", (tmp_path / "a.dtx").read_text("cp932"))
    assert kicked == [f"#{bar:03d}13: 02" for bar in range(1, 17)]


@pytest.mark.parametrize(("duration_s", "is_written"), [(3599.5, True), (3600.5, False)])
def test_the_game_numbers_3600_bars(tmp_path, duration_s, is_written):
    tempo = TempoMap.steady(240, until_s=3700)  # a bar a second
    chart = game_chart(on_bars([DrumEvent(3.0, "kick", 90)], tempo, duration_s=duration_s))
    if is_written:
        write_dtx(chart, tmp_path / "a.dtx", INFO)
        assert "#Z9902: 1.000000" in (tmp_path / "a.dtx").read_text("cp932")
    else:
        with pytest.raises(DrumscribeError, match="has 3601 bars"):
            write_dtx(chart, tmp_path / "a.dtx", INFO)


def test_a_song_of_more_bars_than_the_game_numbers_is_refused(tmp_path):
    tempo = TempoMap.steady(240, until_s=3700)
    chart = game_chart(on_bars([DrumEvent(3650.0, "kick", 90)], tempo, duration_s=3660))
    with pytest.raises(DrumscribeError, match=r"a\.dtx: has \d+ bars, .* no more than 3600"):
        write_dtx(chart, tmp_path / "a.dtx", INFO)
    assert list(tmp_path.iterdir()) == []


def test_hits_on_the_grid_are_short_lines(tmp_path, rock):
    chart = game_chart(on_bars(rock(4), TempoMap.steady(100, until_s=20), duration_s=20))
    write_dtx(chart, tmp_path / "a.dtx", INFO)
    lines = (tmp_path / "a.dtx").read_text("cp932").splitlines()
    assert max(map(len, lines)) <= len("#00011: ") + 2 * 16


def test_a_title_of_any_script_can_be_written(tmp_path):
    chart = game_chart(on_bars([], TempoMap.steady(100)))
    write_dtx(chart, tmp_path / "a.dtx", SongInfo("曲 🥁 é"))
    assert read_dtx(tmp_path / "a.dtx")[0]["TITLE"].startswith("曲 ")


def test_names_are_read_whole_from_every_file_of_a_folder(tmp_path):
    """As the game reads them: Shift-JIS, lines that a semicolon ends."""
    soundfile.write(tmp_path / "song.wav", np.zeros(22_050), 22_050)
    title = SongInfo("AC;DC 曲\nlive é", "a;b")
    write_dtx_folder(on_bars([], TempoMap.steady(100)), tmp_path / "song.wav", tmp_path, title)
    for name in ("set.def", "bas.dtx", "adv.dtx", "ext.dtx", "mas.dtx"):
        text = (tmp_path / name).read_bytes().decode("cp932")
        assert "\n" not in text.replace("\r\n", "")
        assert text.splitlines()[0].partition(";")[0] == "#TITLE: AC\uff1bDC 曲 live ?"
    assert read_dtx(tmp_path / "mas.dtx")[0]["ARTIST"] == "a\uff1bb"


def test_a_folder_has_four_levels_their_list_and_the_song(tmp_path, rock):
    soundfile.write(tmp_path / "song.wav", np.zeros(22_050), 22_050)
    played = on_bars(rock(8), TempoMap.steady(100, until_s=20), duration_s=20)
    write_dtx_folder(played, tmp_path / "song.wav", tmp_path / "out", INFO)
    listed = (tmp_path / "out" / "set.def").read_text()
    names = ["bas.dtx", "adv.dtx", "ext.dtx", "mas.dtx"]
    for number, name in enumerate(names, 1):
        assert f"#L{number}FILE: {name}" in listed
    ratings, counts = [], []
    for name in names:
        header, chips = read_dtx(tmp_path / "out" / name)
        ratings.append(int(header["DLEVEL"]))
        counts.append(sum(channel in CHANNELS for _, channel, _ in chips))
    assert ratings == sorted(ratings)
    assert counts == sorted(counts)
    assert (tmp_path / "out" / "bgm.ogg").is_file()
