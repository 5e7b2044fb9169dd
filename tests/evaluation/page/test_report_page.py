"""The page: everything is on it, nothing is fetched, and no name can become markup."""

import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from drumscribe.drums import LANES8
from drumscribe.evaluation.comparison import compare, judge
from drumscribe.evaluation.excerpts import Excerpt
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.metrics import TOLERANCES_S, onset_counts
from drumscribe.evaluation.page.plots import reliability_plot, timing_histogram, velocity_scatter
from drumscribe.evaluation.page.strips import strip
from drumscribe.evaluation.page.tables import confusion_table, score_table
from drumscribe.evaluation.page.write import write_page
from drumscribe.evaluation.reliability import Bin
from drumscribe.evaluation.report import ALIGNED, RAW, EvaluationReport, RecordingScore
from drumscribe.events import DrumEvent

CLASSES = LANES8.names
NASTY = """<script>alert("1")</script>&'.wav"""
VOID = {"meta", "br", "img"}


class Page(HTMLParser):
    """Elements, their attributes and the text of a page; fails where tags do not close."""

    def __init__(self, text):
        super().__init__()
        self.counts = Counter()
        self.attributes = []
        self.text = []
        self._open = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.counts[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def random_hits(rng, n_hits):
    times_s = np.sort(rng.uniform(0, 30, n_hits))
    return [
        DrumEvent(
            float(t), CLASSES[rng.integers(8)], int(rng.integers(1, 128)), float(rng.random())
        )
        for t in times_s
    ]


def score_of(name, kit_name, seed, *, n_hits=60, has_velocity=True):
    rng = np.random.default_rng(seed)
    reference, estimate = random_hits(rng, n_hits), random_hits(rng, n_hits)
    comparison = compare(reference, estimate + reference[::2], CLASSES)
    counts = {
        t: onset_counts(reference, estimate + reference[::2], CLASSES, t) for t in TOLERANCES_S
    }
    judgement = judge(comparison, CLASSES)
    velocity = Counts(3, 4, 5) if has_velocity else None
    score = RecordingScore(
        name, kit_name, name, {ALIGNED: counts, RAW: counts}, velocity, judgement
    )
    log_mel = rng.random((392, 128), dtype=np.float32)
    return score, Excerpt(name, score.headline, 10.0, log_mel, comparison)


def page_of(tmp_path, scores, excerpts=(), *, title="model on set", left_out=None):
    report = EvaluationReport(
        CLASSES, tuple(scores), {"run_name": NASTY}, left_out or {}, tuple(excerpts)
    )
    path = tmp_path / "out" / "report.html"
    write_page(report, path, title=title)
    return path.read_text(encoding="utf-8"), report


def test_the_page_has_every_section_and_the_headline(tmp_path):
    scores, excerpts = zip(
        *(score_of(f"{i}.wav", f"kit {i % 2}", i) for i in range(3)), strict=True
    )
    text, report = page_of(tmp_path, scores, excerpts, left_out={"no usable audio": 3})
    page = Page(text)
    said = " ".join(page.text)
    for heading in (
        "Drums",
        "Timing",
        "Confidence",
        "Velocity",
        "Kits",
        "Worst places",
        "Recordings",
    ):
        assert heading in page.text
    assert f"{report.micro(ALIGNED, 0.05).f_measure:.3f}" in said
    assert "{:.3f}..{:.3f}".format(*report.interval()) in said
    assert "Left out: 3 (no usable audio)" in said
    assert all(f"{i}.wav (kit {i % 2})" in said for i in range(3))
    assert page.counts["svg"] == 2 + len(CLASSES) + len(excerpts)


def test_of_one_performance_the_page_shows_no_interval(tmp_path):
    text, _ = page_of(tmp_path, [score_of("a.wav", "kit", 1)[0]])
    assert "<dd>none, as there is but one performance</dd>" in text


def test_the_worst_recording_is_in_the_first_row(tmp_path):
    scores = [score_of(f"{i}.wav", "kit", i)[0] for i in range(5)]
    text, _ = page_of(tmp_path, scores)
    worst = min(scores, key=lambda score: score.headline.f_measure)
    assert re.search(r"(\d\.wav) \(kit\)", text).group(1) == worst.name


def test_a_kit_without_a_name_is_told_as_such(tmp_path):
    scores = [score_of(f"{i}.wav", kit, i)[0] for i, kit in enumerate(("", "kit"))]
    text, _ = page_of(tmp_path, scores)
    assert {"(without a name)", "0.wav", "1.wav (kit)"} <= set(Page(text).text)


def test_nothing_is_fetched(tmp_path):
    score, excerpt = score_of("a.wav", "kit", 1)
    text, _ = page_of(tmp_path, [score], [excerpt])
    page = Page(text)
    links = [
        value for name, value in page.attributes if name in ("href", "src", "srcset", "action")
    ]
    assert links
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert not re.search(r"url\(|@import|https?://", text)
    assert ("http-equiv", "Content-Security-Policy") in page.attributes


def test_names_never_become_markup(tmp_path):
    score, excerpt = score_of(NASTY, NASTY, 1)
    other, _ = score_of("b.wav", "kit", 2)
    text, _ = page_of(tmp_path, [score, other], [excerpt], title=NASTY, left_out={NASTY: 1})
    assert "<script>alert" not in text
    page = Page(text)
    assert page.counts["script"] == 1
    assert page.text.count(NASTY) == 3  # the title twice, and the kit
    assert f"{NASTY} ({NASTY})" in page.text


def test_without_velocities_kits_or_excerpts_their_sections_are_left_out(tmp_path):
    score, _ = score_of("a.wav", "kit", 1, has_velocity=False)
    text, _ = page_of(tmp_path, [score])
    said = Page(text).text
    assert not {"Velocity", "Kits", "Worst places"} & set(said)


def test_a_page_about_nothing_found_can_be_written(tmp_path):
    comparison = compare([DrumEvent(1.0, "kick", 100)], [], CLASSES)
    counts = dict.fromkeys(CLASSES, Counts()) | {"kick": Counts(n_missed=1)}
    by_tolerance = dict.fromkeys(TOLERANCES_S, counts)
    score = RecordingScore(
        "a.wav",
        "kit",
        "a",
        {ALIGNED: by_tolerance, RAW: by_tolerance},
        Counts(),
        judge(comparison, CLASSES),
    )
    text, _ = page_of(tmp_path, [score])
    assert "nan" not in " ".join(Page(text).text)


@pytest.mark.slow
def test_a_page_of_hundreds_of_recordings_is_modest(tmp_path):
    scores = [score_of(f"drummer1/session/{i:04}_long_name.wav", "kit", i)[0] for i in range(400)]
    excerpts = [score_of("a.wav", "kit", i)[1] for i in range(8)]  # noise, which packs worst
    text, _ = page_of(tmp_path, scores, excerpts)
    assert len(text) < 3_000_000


@pytest.mark.parametrize(
    "plot",
    [
        lambda: timing_histogram(np.array([-3.0, 0, 4, 50]), 2.0),
        lambda: timing_histogram(np.array([]), 0.0),
        lambda: reliability_plot([Bin(3, 0.25, 0.5), Bin(2, 1.0, 1.0)]),
        lambda: reliability_plot([]),
        lambda: velocity_scatter(
            np.array([1, 127], np.uint8), np.array([64, 3], np.uint8), "a < b"
        ),
        lambda: strip(score_of("a", "b", 1)[1], CLASSES),
    ],
)
def test_plots_are_pictures_within_their_frame(plot):
    picture = ElementTree.fromstring(plot())
    _, _, width, height = map(float, picture.get("viewBox").split())
    for element in picture:
        x, y = float(element.get("x") or 0), float(element.get("y") or 0)
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_every_hit_of_the_histogram_is_in_a_bar_at_its_place():
    picture = ElementTree.fromstring(timing_histogram(np.array([-49.5, 1.0, 1.5, 50.0]), 1.2))
    notes = [bar.findtext("title") for bar in picture.iter("rect")]
    assert notes == ["-50..-48 ms: 1", "+0..+2 ms: 2", "+48..+50 ms: 1"]


def test_a_strip_shows_the_hits_of_its_seconds_alone():
    reference = [DrumEvent(t, "kick", 100) for t in (9.0, 10.5, 12.0)]
    estimate = [DrumEvent(t, "kick", 100) for t in (10.51, 13.0, 14.5)]
    comparison = compare(reference, estimate, CLASSES)
    excerpt = Excerpt("a", Counts(), 10.0, np.zeros((392, 16), np.float32), comparison)
    styles = Counter(
        path.get("class") for path in ElementTree.fromstring(strip(excerpt, CLASSES)).iter("path")
    )
    assert styles == {"found": 2, "missed": 1, "false": 1}


def test_tables_show_the_numbers_given():
    table = score_table("drum", {"a<b": Counts(1, 1, 0), "silent": Counts()}, {"F2": [0.25, None]})
    rows = [re.findall(r"<td[^>]*>([^<]*)", row) for row in table.split("<tr>")[2:]]
    assert rows == [
        ["a&lt;b", "1", "0.500", "1.000", "0.667", "0", "1", "0.250"],
        ["silent", "0", "-", "-", "-", "0", "0", "-"],
    ]


def test_a_confusion_has_a_column_for_nothing():
    table = confusion_table("played", np.array([[0, 2, 1], [0, 0, 0]]), ("high_tom", "ride"))
    assert re.findall(r"<th>([^<]*)", table) == ["played", "high tom", "ride", "nothing"]
    first = table.split("<tr>")[2]
    assert re.findall(r"<td[^>]*>([^<]*)", first) == ["high tom", "", "2", "1"]
