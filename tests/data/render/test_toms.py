"""Toms: three different sounds in order, whatever a kit has recorded."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe.data.render.sample_kits import (
    Layer,
    OneShotCache,
    SampleKit,
    folder_reader,
    one_shot,
)
from drumscribe.data.render.toms import alike, draw_toms, tone_hz

RATE = 22_050


def tom(frequency_hz: float) -> np.ndarray:
    times_s = np.arange(RATE // 2) / RATE
    return 0.5 * np.sin(2 * np.pi * frequency_hz * times_s) * np.exp(-times_s / 0.15)


@pytest.fixture
def cache(tmp_path: Path) -> OneShotCache:
    (tmp_path / "kit").mkdir()
    for hz in (80, 82, 120, 160, 200):
        soundfile.write(tmp_path / "kit" / f"{hz}.wav", tom(hz), RATE, subtype="FLOAT")
    return OneShotCache(folder_reader(tmp_path))


def heard_hz(kind: str, notes: dict[int, tuple[int, ...]], cache: OneShotCache) -> list[float]:
    """The pitches of the high, mid and low tom of a kit that recorded these frequencies."""
    layers = {n: (Layer(0, 127, tuple(f"{f}.wav" for f in fs)),) for n, fs in notes.items()}
    kit = SampleKit("kit", kind, layers)
    sources = draw_toms(kit, cache, np.random.default_rng(1))
    return [
        tone_hz(cache.get("kit", s.only or kit.notes[s.recorded][0].sounds[0])) * s.pitch
        for s in sources.values()
    ]


@pytest.mark.parametrize(
    "notes",
    [
        {50: (200,), 47: (120,), 41: (80,)},
        {50: (200,), 47: (200,), 41: (80,)},
        {50: (200,), 47: (80,), 41: (80,)},
        {50: (120,), 47: (120,), 41: (120,)},
        {50: (200,), 41: (80,)},
        {47: (120,), 41: (80,)},
        {47: (80,), 41: (80,)},
        {50: (200,), 47: (82,), 41: (80,)},
    ],
)
def test_three_toms_fall_by_a_tone_or_more(notes: dict, cache: OneShotCache):
    high, mid, low = heard_hz("acoustic", notes, cache)
    assert high > 1.12 * mid > 1.12**2 * low


def test_a_machine_with_its_toms_muddled_is_sorted(cache: OneShotCache):
    high, mid, low = heard_hz("electronic", {50: (120,), 47: (200,), 41: (80,)}, cache)
    assert high > mid > low


def test_a_machine_keeps_to_one_alternative(cache: OneShotCache):
    layers = {n: (Layer(0, 127, ("200.wav", "160.wav")),) for n in (50, 47, 41)}
    sources = draw_toms(SampleKit("kit", "electronic", layers), cache, np.random.default_rng(1))
    assert all(source.only in {"200.wav", "160.wav"} for source in sources.values())


def test_sounds_are_told_apart():
    first = one_shot(tom(120).astype(np.float32))
    assert alike(first, one_shot((0.1 * tom(120)).astype(np.float32)))
    assert not alike(first, one_shot(tom(160).astype(np.float32)))
