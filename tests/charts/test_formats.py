"""Every format by its name, and pictures of scores."""

import builtins
import dataclasses
import importlib.util

import pytest
from transcriptions import on_bars

from drumscribe.charts.formats import (
    FORMATS,
    is_installed,
    require_installed,
    suffix_of,
    write_format,
)
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap
from drumscribe.utils.errors import DrumscribeError

needs_score = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("verovio", "cairosvg", "pypdf")),
    reason="needs the extra 'score'",
)


@pytest.fixture
def played(rock):
    return on_bars(rock(24), TempoMap.steady(100, until_s=60), duration_s=60)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("svg", "pdf")])
def test_every_format_is_written_by_its_name(tmp_path, played, name):
    path = tmp_path / f"a.{suffix_of(name)}"
    write_format(played, name, path)
    assert path.stat().st_size > 100


@pytest.mark.parametrize("name", FORMATS)
def test_a_drum_that_the_kit_has_not_is_refused(tmp_path, played, name):
    foreign = dataclasses.replace(played, events=[DrumEvent(1.0, "gong", 100)])
    with pytest.raises(DrumscribeError, match=r"unknown drum 'gong'; the kit has kick, snare"):
        write_format(foreign, name, tmp_path / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@needs_score
def test_a_score_is_drawn_on_one_page_or_several(tmp_path, played):
    import pypdf

    write_format(played, "svg", tmp_path / "song.svg")
    text = (tmp_path / "song.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert text.count('class="measure"') == 24
    write_format(played, "pdf", tmp_path / "song.pdf")
    pages = pypdf.PdfReader(tmp_path / "song.pdf").pages
    assert len(pages) >= 1
    assert float(pages[0].mediabox.width) == pytest.approx(595, abs=2)


@pytest.mark.parametrize(("name", "package"), [("svg", "verovio"), ("pdf", "cairosvg")])
def test_without_the_extra_it_is_named(tmp_path, played, monkeypatch, name, package):
    imported = builtins.__import__

    def without(module, *rest):
        if module == package:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        return imported(module, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DrumscribeError, match=rf"{package}.*\.\[score\]"):
        write_format(played, name, tmp_path / "a")


@pytest.mark.parametrize(("name", "package"), [("svg", "verovio"), ("pdf", "cairosvg")])
def test_a_format_whose_packages_are_absent_is_refused(monkeypatch, name, package):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda each: None if each == package else find_spec(each)
    )
    assert not is_installed(name)
    with pytest.raises(DrumscribeError, match=rf"{name} needs .*{package}.*\.\[score\]"):
        require_installed(["mid", name])


def test_the_core_writes_all_but_pictures(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert {name for name in FORMATS if not is_installed(name)} == {"svg", "pdf"}
    require_installed(["mid", "musicxml", "tab"])
