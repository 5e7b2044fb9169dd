"""Sample kits: the index, and sounds that start where their onset says."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe.data.render.sample_kits import (
    Layer,
    OneShotCache,
    find_onset,
    folder_reader,
    layer_index,
    one_shot,
    read_kits,
)
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError


def test_kits_are_read_with_their_layers_softest_first(kits_dir: Path):
    whole, part = read_kits(kits_dir)
    assert (whole.id, whole.kind, part.kind) == ("whole", "acoustic", "electronic")
    assert [layer.high for layer in whole.notes[38]] == [42, 84, 127]
    assert whole.n_sounds == 3 * len(whole.notes)
    assert 51 not in part.notes


@pytest.mark.parametrize("text", ["nonsense", '[{"id": "a"}]', '[{"id": "a", "kind": "b"}]', "[3]"])
def test_a_damaged_index_is_named(tmp_path: Path, text: str):
    (tmp_path / "kits.json").write_text(text)
    with pytest.raises(DrumscribeError, match=r"kits\.json: is not an index of kits"):
        read_kits(tmp_path)


def test_a_folder_without_index_is_refused(tmp_path: Path):
    with pytest.raises(DrumscribeError, match="no such kit index"):
        read_kits(tmp_path)


def test_layers_are_chosen_by_velocity():
    layers = [Layer(0, 42, ("a",)), Layer(43, 84, ("b",)), Layer(85, 120, ("c",))]
    assert [layer_index(layers, v) for v in (1, 42, 43, 84, 85, 127)] == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("note", [36, 38, 42, 49])
def test_a_sound_starts_half_a_millisecond_in(kits_dir: Path, note: int):
    # The files begin with 22 samples of silence at 44,100 Hz.
    sound = OneShotCache(folder_reader(kits_dir)).get("whole", f"{note}_127.wav")
    assert abs(sound.onset / SAMPLE_RATE - 22 / 44_100) < 0.0002
    early = np.abs(sound.samples[: max(0, sound.onset - 2)])
    assert early.max(initial=0) < 0.1 * np.abs(sound.samples).max()


def test_a_slow_pedal_starts_where_it_becomes_loud():
    samples = np.concatenate([np.full(900, 0.01), np.ones(500)]).astype(np.float32)
    assert find_onset(samples) == 900


def test_soft_sounds_keep_their_resolution(tmp_path: Path, rng: np.random.Generator):
    samples = (1e-4 * rng.uniform(-1, 1, 5000)).astype(np.float32)
    kept = one_shot(samples).samples
    assert np.abs(kept - samples[: len(kept)]).max() < 1e-8


def test_the_cache_forgets_what_was_used_longest_ago(tmp_path: Path, rng: np.random.Generator):
    (tmp_path / "kit").mkdir()
    for name in "abc":
        soundfile.write(tmp_path / "kit" / f"{name}.wav", rng.uniform(-1, 1, 22_050), 22_050)
    cache = OneShotCache(folder_reader(tmp_path), max_bytes=100_000)  # two of 44 kB and a bit
    first, second = cache.get("kit", "a.wav"), cache.get("kit", "b.wav")
    assert cache.get("kit", "a.wav") is first
    cache.get("kit", "c.wav")
    assert cache.get("kit", "a.wav") is first
    assert cache.get("kit", "b.wav") is not second


def test_a_missing_sound_is_named(kits_dir: Path):
    with pytest.raises(DrumscribeError, match=r"99\.wav"):
        OneShotCache(folder_reader(kits_dir)).get("whole", "99.wav")


def test_a_sound_ends_where_its_second_stroke_begins():
    stroke = np.exp(-np.arange(SAMPLE_RATE // 2) / 900).astype(np.float32)
    stroke *= np.random.default_rng(0).uniform(-1, 1, len(stroke)).astype(np.float32)
    roll = stroke.copy()
    roll[2205:] += 0.7 * stroke[:-2205]
    assert 0.09 < len(one_shot(roll).samples) / SAMPLE_RATE <= 0.1
    assert len(one_shot(stroke).samples) > 0.3 * SAMPLE_RATE
