"""What a game's chart makes of a song, whichever file it is written into."""

import pytest
from transcriptions import on_bars

from drumscribe.charts.game_chart import game_chart
from drumscribe.charts.phrases import Span, fills_of
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap

BAR_S = 2.0  # of 120 beats a minute


def chart_of(*events, first_downbeat_s=0.0, duration_s=60.0, kit=LANES8):
    tempo = TempoMap.steady(120, first_downbeat_s=first_downbeat_s, until_s=duration_s)
    return game_chart(on_bars(events, tempo, kit=kit, duration_s=duration_s))


@pytest.mark.parametrize(
    ("first_s", "first_downbeat_s", "silence_s"),
    [
        (2.0, 0.0, 0.0),  # two seconds are enough
        (10.0, 0.0, 0.0),
        (1.9, 0.0, 2.0),
        (0.0, 0.0, 2.0),
        (0.5, 0.5, 1.5),
        (0.4, 0.5, 3.5),  # a bar's more, for the note before the bar line
        (10.0, 0.5, 1.5),  # the song begins on a bar line, however late its first note
    ],
)
def test_silence_is_as_short_as_a_bar_line_and_two_seconds_allow(
    first_s, first_downbeat_s, silence_s
):
    chart = chart_of(DrumEvent(first_s, "kick", 90), first_downbeat_s=first_downbeat_s)
    assert chart.lead_in_s == pytest.approx(silence_s)
    assert chart.duration_s == pytest.approx(60.0 + silence_s)
    (note,) = chart.lane_levels["expert"]
    assert float(chart.grid.seconds(note.tick)) == pytest.approx(first_s + silence_s, abs=0.001)
    assert chart.tempo.number_in_bar(round(float(chart.tempo.positions(0.0)))) == 1


def test_a_song_without_hits_needs_no_silence():
    chart = chart_of()
    assert chart.lead_in_s == 0
    assert len(chart.sections) == 1
    assert chart.star_power == chart.fills == []


@pytest.mark.parametrize("last_s", [9.0, 10.0])
def test_the_song_ends_after_its_last_note(last_s):
    chart = chart_of(DrumEvent(4.0, "kick", 90), DrumEvent(last_s, "snare", 90), duration_s=10.0)
    assert chart.end_tick > chart.lane_levels["expert"][-1].tick
    assert float(chart.grid.seconds(chart.end_tick)) == pytest.approx(10.0, abs=0.003)


@pytest.mark.parametrize(
    ("first_s", "bar_s"),
    [(4.0, 4.0), (3.98, 4.0), (4.02, 4.0), (3.75, 2.0), (5.9, 4.0)],
)
def test_sections_begin_on_the_bar_line_that_the_first_stroke_means(first_s, bar_s):
    """A hand is early by hundredths of a second, but an eighth before the line is a pick-up."""
    chart = chart_of(DrumEvent(first_s, "kick", 90), DrumEvent(8.0, "kick", 90))
    assert float(chart.grid.seconds(chart.sections[0].tick)) == pytest.approx(bar_s)


def test_sections_begin_with_the_song_where_its_first_bar_is_played():
    tempo = TempoMap.steady(60, until_s=60)
    chart = game_chart(on_bars([DrumEvent(3.0, "kick", 90)], tempo, duration_s=60))
    assert (chart.lead_in_s, chart.sections[0].tick) == (0.0, 0)


def test_levels_with_nothing_to_hit_take_no_star_power_from_the_others():
    """Ghost notes alone are played on the hardest level only."""
    ghosts = [DrumEvent(2.0 + 0.5 * k, "snare", 30) for k in range(56)]
    chart = chart_of(*ghosts, duration_s=30.0)
    assert [bool(level) for level in chart.pro_levels.values()] == [True, False, False, False]
    assert chart.star_power


def test_star_power_that_could_never_be_spent_is_not_offered(rock):
    assert chart_of(*rock(8, bpm=120.0, first_s=2.0), duration_s=18.0).star_power == []
    longer = chart_of(*rock(14, bpm=120.0, first_s=2.0), duration_s=30.0)
    assert [float(longer.grid.seconds(p.start_tick)) for p in longer.star_power] == [14.0]
    assert longer.fills


@pytest.mark.parametrize(
    ("ticks", "fills"),
    [
        ([540], [Span(510, 540)]),
        ([500, 540], [Span(510, 540)]),  # the first is before the half bar
        ([510, 511], [Span(510, 511)]),
        ([500], []),
        ([510], []),
    ],
)
def test_a_fill_in_a_32nds_bar_ends_after_its_start(ticks, fills):
    """Bars of 60 ticks: what is near enough to a bar line lies in the bar before, too."""
    bars = list(range(0, 661, 60))
    assert fills_of(bars, ticks, [Span(360, 480)], ticks_per_quarter=480)[:1] == fills


def test_phrases_of_the_shortest_bars_have_a_length(rock):
    tempo = TempoMap.steady(480, until_s=20, numerator=1, denominator=32)
    chart = game_chart(on_bars(rock(8), tempo, duration_s=20))
    assert chart.fills
    assert all(span.start_tick < span.end_tick for span in [*chart.star_power, *chart.fills])


def test_a_song_that_ends_on_a_bar_line_has_no_bar_after_it():
    """A stroke just before that line has the last bar to itself."""
    chart = chart_of(DrumEvent(19.9875, "kick", 90), duration_s=20.0)
    assert chart.end_tick in chart.grid.bar_ticks(chart.end_tick)
    (section,) = chart.sections
    assert float(chart.grid.seconds(section.tick)) == pytest.approx(18.0)


@pytest.mark.parametrize(("n_bars", "starts_s"), [(15, [14.0]), (16, [14.0, 30.0])])
def test_star_power_is_two_whole_bars_though_the_song_ends_on_a_line(rock, n_bars, starts_s):
    strokes = rock(n_bars, bpm=120.0, first_s=2.0)
    chart = chart_of(*strokes, duration_s=2.0 + n_bars * BAR_S)
    found = [chart.grid.seconds([p.start_tick, p.end_tick]).tolist() for p in chart.star_power]
    assert found == [pytest.approx([start_s, start_s + 2 * BAR_S]) for start_s in starts_s]


def test_hand_and_foot_on_the_hat_are_one_note_of_its_pad():
    hat = [DrumEvent(4.0, "hihat_open", 90), DrumEvent(4.0, "hihat_pedal", 90)]
    chart = chart_of(*hat, kit=ARTICULATIONS12)
    assert [note.pad.colour for note in chart.pro_levels["expert"]] == ["yellow"]
