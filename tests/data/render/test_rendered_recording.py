"""Rendered recordings: the same for the same seed, labelled where it sounds."""

import dataclasses
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drumscribe.data.alignment import align, onset_strength
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.render.render_config import BackingConfig, EffectsConfig, RenderConfig
from drumscribe.data.render.rendered_recording import render_recording
from drumscribe.data.render.sources import (
    TEST_KITS,
    VALIDATION_KITS,
    RenderSources,
    open_sources,
)
from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.schema import build

SHORT = RenderConfig(duration_s=(6.0, 8.0), direct=0)
QUIET = BackingConfig(backing=0, hand_percussion=0, no_drums=0, negative=0)
CLEAN = EffectsConfig(
    **{name: 0 for name, value in vars(EffectsConfig()).items() if isinstance(value, float)}
)
SHARED = Path(__file__).parents[3] / "../shared/data"


def with_backing(**changes: float) -> RenderConfig:
    return dataclasses.replace(SHORT, backing=dataclasses.replace(BackingConfig(), **changes))


def test_the_same_seed_gives_the_same_recording(sources: RenderSources):
    first = render_recording(3, sources, SHORT)
    again = render_recording(3, sources, SHORT)
    assert np.array_equal(first.samples, again.samples)
    assert (first.events, first.beats) == (again.events, again.beats)
    assert first.description == again.description


def test_recordings_do_not_depend_on_what_was_made_before(
    sources: RenderSources, midi_dir: Path, kits_dir: Path
):
    third = render_recording((5, 2), sources, SHORT).samples
    second = render_recording((5, 1), sources, SHORT).samples
    fresh = open_sources(midi_dir, kits_dir, "train")
    assert np.array_equal(render_recording((5, 2), fresh, SHORT).samples, third)
    assert not np.array_equal(second[:1000], third[:1000])


def test_samples_and_labels_are_in_range(sources: RenderSources):
    for seed in range(6):
        rendered = render_recording(seed, sources, SHORT)
        assert rendered.samples.dtype == np.float32
        assert np.abs(rendered.samples).max() <= 1
        assert 6 <= rendered.duration_s <= 8
        times_s = [event.onset_s for event in rendered.events]
        assert times_s == sorted(times_s)
        assert all(0 <= time_s < rendered.duration_s for time_s in times_s)
        assert all(0 <= beat.time_s <= rendered.duration_s for beat in rendered.beats)


def test_hits_of_a_lane_are_apart(sources: RenderSources):
    for seed in range(6):
        last: dict[str, float] = {}
        for event in render_recording(seed, sources, SHORT).events:
            assert event.onset_s - last.get(event.drum, -1) >= 0.015
            last[event.drum] = event.onset_s


@pytest.mark.slow
def test_no_lane_stays_without_hits(sources: RenderSources):
    recordings = [render_recording((1, index), sources, SHORT) for index in range(12)]
    hits = Counter(event.drum for recording in recordings for event in recording.events)
    assert set(hits) == set(LANES8.names)
    assert min(hits.values()) > 0.01 * sum(hits.values())


def test_labels_lie_where_it_sounds(sources: RenderSources):
    config = dataclasses.replace(SHORT, backing=QUIET, effects=CLEAN)
    for seed in range(5):
        rendered = render_recording(seed, sources, config)
        notes = [MidiNote(e.onset_s, 38, e.velocity) for e in rendered.events]
        found = align(onset_strength([rendered.samples]), notes, max_offset_s=0.05)
        assert abs(found.offset_s) < 0.001, rendered.description


@pytest.mark.slow
def test_effects_and_soft_backing_leave_labels_alone(sources: RenderSources):
    plain = dataclasses.replace(SHORT, backing=QUIET, effects=CLEAN)
    soft = dataclasses.replace(QUIET, backing=1, level_db=(-40, -40))
    for seed in range(4):
        bare = render_recording(seed, sources, plain)
        dressed = render_recording(seed, sources, dataclasses.replace(plain, effects=SHORT.effects))
        accompanied = render_recording(seed, sources, dataclasses.replace(plain, backing=soft))
        assert bare.events == dressed.events == accompanied.events
        assert len(bare.samples) == len(dressed.samples) == len(accompanied.samples)
        assert not np.array_equal(bare.samples, accompanied.samples)


def test_direct_recordings_are_drums_alone_in_a_room(sources: RenderSources):
    config = dataclasses.replace(with_backing(negative=0, no_drums=0), direct=1)
    for seed in range(6):
        direct = render_recording(seed, sources, config)
        assert direct.description["backing"] == ""
        assert direct.description["effects"] == "level"
        assert direct.description["drum effects"] in ("", "room")
        assert direct.events


@pytest.mark.slow
def test_what_backing_drowns_has_no_label(sources: RenderSources):
    def labels_at(seed: int, level_db: float) -> set[DrumEvent]:
        backing = dataclasses.replace(
            QUIET, backing=1, level_db=(level_db, level_db), partial=0, hand_percussion=0
        )
        config = dataclasses.replace(SHORT, backing=backing, effects=CLEAN)
        return set(render_recording(seed, sources, config).events)

    def is_same_hit(event: DrumEvent, other: DrumEvent) -> bool:
        # Of two strokes that are labelled as one, the first may be what is drowned.
        return event.drum == other.drum and abs(event.onset_s - other.onset_s) < 0.015

    n_by_level = {level_db: 0 for level_db in (-40, 10, 30, 60)}
    for seed in range(4):
        heard = [labels_at(seed, level_db) for level_db in n_by_level]
        for softer, louder in pairwise(heard):
            assert all(any(is_same_hit(event, other) for other in softer) for event in louder)
        for level_db, events in zip(n_by_level, heard, strict=True):
            n_by_level[level_db] += len(events)
    assert n_by_level[10] > 0.8 * n_by_level[-40]
    assert n_by_level[30] < 0.8 * n_by_level[-40]
    assert n_by_level[60] < 0.1 * n_by_level[-40]


def test_recordings_without_drums_or_music_have_no_events(sources: RenderSources):
    for seed in range(6):
        rendered = render_recording(seed, sources, with_backing(no_drums=1, negative=0))
        assert rendered.events == []
        assert np.abs(rendered.samples).max() > 0
        negative = render_recording(seed, sources, with_backing(negative=1))
        assert (negative.events, negative.beats) == ([], [])


def test_backing_has_the_level_asked_for(sources: RenderSources):
    config = dataclasses.replace(SHORT, effects=CLEAN)
    alone = dataclasses.replace(config, backing=QUIET)
    loud = dataclasses.replace(
        config, backing=dataclasses.replace(QUIET, backing=1, level_db=(40, 40), partial=0)
    )
    soft = dataclasses.replace(
        config, backing=dataclasses.replace(QUIET, backing=1, level_db=(-40, -40), partial=0)
    )

    def alike(first: np.ndarray, second: np.ndarray) -> float:
        return float(np.corrcoef(first, second)[0, 1])

    bare = render_recording(2, sources, alone).samples
    assert alike(bare, render_recording(2, sources, soft).samples) > 0.98
    assert alike(bare, render_recording(2, sources, loud).samples) < 0.3


def test_held_out_kits_are_never_trained_on():
    assert len(TEST_KITS) == 8
    assert not set(TEST_KITS) & set(VALIDATION_KITS)


def test_kits_that_are_also_trained_on_are_told_of(
    midi_dir: Path, kits_dir: Path, caplog: pytest.LogCaptureFixture
):
    trained, judged = (open_sources(midi_dir, kits_dir, split) for split in ("train", "test"))
    assert not trained.shares_kits
    assert judged.shares_kits
    trained.warn_if_shared()
    assert not caplog.records
    judged.warn_if_shared()
    assert "no kit is held out for the split 'test'" in caplog.text
    alone = dataclasses.replace(judged, shares_kits=False)
    assert alone.content() != judged.content()


def test_a_wrong_configuration_is_refused():
    with pytest.raises(DrumscribeError, match="duration_s"):
        RenderConfig(duration_s=(9.0, 3.0))
    with pytest.raises(DrumscribeError, match=r"effects\.room: must be a number 0\.\.1"):
        build(RenderConfig, {"effects": {"room": 1.5}}, key="")
    config = RenderConfig()
    assert build(RenderConfig, dataclasses.asdict(config), key="") == config


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "kits/kits.json").is_file(), reason="needs the shared kits")
def test_the_real_kits_play_every_split():
    for split in ("train", "val", "test"):
        sources = open_sources(SHARED / "gmd", SHARED / "kits", split)
        ids = {kit.id for kit in sources.kits}
        if split == "train":
            assert not ids & {*TEST_KITS, *VALIDATION_KITS}
        else:
            assert ids == set(TEST_KITS if split == "test" else VALIDATION_KITS)
        rendered = render_recording(1, sources, with_backing(negative=0, no_drums=0))
        assert rendered.events
        assert np.abs(rendered.samples).max() > 0.01
