"""Hits on a drum set: on their sample, choked, cut and ringing as they should be."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drumscribe.data.render.articulations import ARTICULATION_BY_NOTE, GROUPS
from drumscribe.data.render.drumset import assemble_drumset, require_complete
from drumscribe.data.render.mixer import DrumMix, PlacedHit, mix_hits
from drumscribe.data.render.render_config import KitConfig
from drumscribe.data.render.sample_kits import OneShotCache, SampleKit, folder_reader, read_kits
from drumscribe.data.render.sounds import SoundBank, prepared
from drumscribe.drums import LANES8
from drumscribe.utils.errors import DrumscribeError

PLAIN = KitConfig(
    mixing=0,
    level_spread_db=0,
    tune=0,
    damping=0,
    dynamics=(1.0, 1.0),
    layer_trust=(0.0, 0.0),
    hit_gain_db=0,
    velocity_dullness=(0.0, 0.0),
)
RATE = 22_050


@pytest.fixture(scope="module")
def whole_kit(kits_dir: Path) -> SampleKit:
    return read_kits(kits_dir)[0]


def played(
    kits_dir: Path, hits: list[PlacedHit], *, kits: list[SampleKit], seed: int = 1, **extra: object
) -> DrumMix:
    rng = np.random.default_rng(seed)
    cache = OneShotCache(folder_reader(kits_dir))
    bank = SoundBank(assemble_drumset(kits, cache, PLAIN, rng), cache)
    return mix_hits(hits, bank, n_samples=2 * RATE, rng=rng, **extra)  # type: ignore[arg-type]


@pytest.mark.parametrize("note", [36, 38, 37, 42, 46, 44, 48, 45, 43, 49, 51, 53, 22, 26, 58, 52])
def test_a_hit_is_heard_from_its_sample_on(kits_dir: Path, whole_kit: SampleKit, note: int):
    mix = played(kits_dir, [PlacedHit(5000, note, 100)], kits=[whole_kit])
    heard = np.abs(sum(mix.buses.values()))
    first = int(np.argmax(heard >= 0.1 * heard[:7500].max()))
    assert abs(first - 5000) <= 2


def test_every_note_of_the_lanes_is_played(kits_dir: Path, whole_kit: SampleKit):
    rng = np.random.default_rng(1)
    drumset = assemble_drumset([whole_kit], OneShotCache(folder_reader(kits_dir)), KitConfig(), rng)
    assert set(LANES8.name_by_note) == set(drumset.voices) == set(ARTICULATION_BY_NOTE)


def test_a_kit_without_cymbals_borrows_them(kits_dir: Path):
    kits, cache = read_kits(kits_dir), OneShotCache(folder_reader(kits_dir))
    mains = set()
    for seed in range(20):
        drumset = assemble_drumset(kits, cache, KitConfig(), np.random.default_rng(seed))
        assert drumset.kits["ride"].id == "whole"
        assert set(drumset.voices) == set(LANES8.name_by_note)
        mains.add(drumset.kits["kick"].id)
    assert mains == {"whole", "part"}


def test_kits_that_lack_something_are_refused(kits_dir: Path):
    with pytest.raises(DrumscribeError, match="crashes, ride, side stick"):
        require_complete(read_kits(kits_dir)[1:])


def test_toms_keep_their_order(kits_dir: Path, whole_kit: SampleKit):
    frequency = {50: 180, 45: 130, 41: 90}
    cache = OneShotCache(folder_reader(kits_dir))
    for seed in range(10):
        drumset = assemble_drumset([whole_kit], cache, KitConfig(), np.random.default_rng(seed))
        high, mid, low = (
            frequency[drumset.voices[note].recorded] * drumset.voices[note].pitch
            for note in (48, 45, 43)
        )
        assert high > mid > low


@pytest.mark.parametrize("closing", [42, 22, 44])
def test_a_closing_hihat_chokes_the_open_one(kits_dir: Path, whole_kit: SampleKit, closing: int):
    open_only = played(kits_dir, [PlacedHit(1000, 46, 110)], kits=[whole_kit])
    hits = [PlacedHit(1000, 46, 110), PlacedHit(5000, closing, 1)]
    choked = played(kits_dir, hits, kits=[whole_kit])
    after = slice(5000 + 1500, 5000 + 4000)
    ringing = np.abs(open_only.buses["hihat"][after]).max()
    assert np.abs(choked.buses["hihat"][after]).max() < 0.1 * ringing
    before = slice(0, 4900)
    assert np.array_equal(open_only.buses["hihat"][before], choked.buses["hihat"][before])


def test_crashes_ring_on_over_each_other(kits_dir: Path, whole_kit: SampleKit):
    one = played(kits_dir, [PlacedHit(1000, 49, 110)], kits=[whole_kit]).buses["crashes"]
    both = played(
        kits_dir, [PlacedHit(1000, 49, 110), PlacedHit(5000, 49, 60)], kits=[whole_kit]
    ).buses["crashes"]
    added = both - one
    assert np.abs(added[:4900]).max() < 1e-6
    assert np.abs(added[5000:]).max() > 0.01


def test_a_hand_damps_the_cymbals(kits_dir: Path, whole_kit: SampleKit):
    mix = played(kits_dir, [PlacedHit(1000, 49, 110)], kits=[whole_kit], damped_at=[9000])
    assert np.abs(mix.buses["crashes"][9000 + 1400 :]).max() == 0
    assert np.abs(mix.buses["crashes"][8000:9000]).max() > 0


@pytest.mark.parametrize("note", [36, 38, 45])
def test_a_hand_on_the_cymbals_leaves_the_drums_ringing(
    kits_dir: Path, whole_kit: SampleKit, note: int
):
    hits = [PlacedHit(1000, note, 110)]
    free = played(kits_dir, hits, kits=[whole_kit])
    damped = played(kits_dir, hits, kits=[whole_kit], damped_at=[1500])
    muted = played(kits_dir, hits, kits=[whole_kit], damped_at=[1500], damped_groups=GROUPS)
    for group, bus in free.buses.items():
        assert np.array_equal(bus, damped.buses[group])
    assert sum(np.abs(bus[1500 + 1400 :]).max() for bus in muted.buses.values()) == 0


def test_a_damped_hit_masks_others_only_as_long_as_it_sounds(kits_dir: Path, whole_kit: SampleKit):
    cache = OneShotCache(folder_reader(kits_dir))
    layer = whole_kit.notes[49][-1]
    crash = cache.get("whole", layer.sounds[0])
    free, damped = prepared(crash, 1.0, None), prepared(crash, 1.0, 0.02)
    assert np.array_equal(free.band_energy, crash.band_energy)
    power = np.square(damped.samples[damped.onset :], dtype=np.float64)
    for step in (0, 5, 20):
        own = power[step * 441 : (step + 1) * 441].sum()
        before = np.square(free.samples[free.onset :], dtype=np.float64)
        share = own / before[step * 441 : (step + 1) * 441].sum()
        told = damped.band_energy[step].sum() / free.band_energy[step].sum()
        assert told == pytest.approx(share, rel=0.5)
    assert damped.band_energy[20].sum() < 1e-6 * free.band_energy[20].sum()


def test_louder_strokes_are_louder_across_layers(kits_dir: Path, whole_kit: SampleKit):
    peaks = []
    for velocity in range(10, 128, 9):
        mix = played(kits_dir, [PlacedHit(1000, 38, velocity)], kits=[whole_kit])
        peaks.append(float(np.sqrt(np.mean(mix.buses["snare"][1000:3000] ** 2))))
    assert all(b > a for a, b in pairwise(peaks))


def test_a_hit_that_nobody_hears_is_reported(kits_dir: Path, whole_kit: SampleKit):
    hits = [PlacedHit(3000, 38, 1), PlacedHit(3000, 38, 127), PlacedHit(20_000, 38, 30)]
    assert played(kits_dir, hits, kits=[whole_kit]).audibility.verdicts() == [False, True, True]


def test_hits_outside_the_recording_do_no_harm(kits_dir: Path, whole_kit: SampleKit):
    hits = [PlacedHit(-50, 36, 100), PlacedHit(0, 36, 100), PlacedHit(2 * RATE - 1, 49, 100)]
    mix = played(kits_dir, hits, kits=[whole_kit])
    assert mix.buses["kick"].shape == (2 * RATE,)
    assert played(kits_dir, [], kits=[whole_kit]).audibility.verdicts() == []


def test_cymbals_are_softer_by_what_is_asked_for_and_nothing_else_is(
    kits_dir: Path, whole_kit: SampleKit
):
    cache = OneShotCache(folder_reader(kits_dir))

    def gains_db(level_db: float) -> dict[int, float]:
        config = dataclasses.replace(KitConfig(), cymbal_level_db=(level_db, level_db))
        drumset = assemble_drumset([whole_kit], cache, config, np.random.default_rng(4))
        return {note: voice.gain_db for note, voice in drumset.voices.items()}

    as_they_are, softer = gains_db(0), gains_db(-12)
    for note, gain_db in softer.items():
        is_cymbal = LANES8.name_by_note[note] in ("hihat", "crash", "ride")
        assert gain_db - as_they_are[note] == pytest.approx(-12 if is_cymbal else 0)
