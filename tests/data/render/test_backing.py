"""Accompaniment, hand percussion and negatives: there, finite, in time."""

import numpy as np
import pytest

from drumscribe.data.render import hand_percussion, negatives, tones
from drumscribe.data.render.backing import draw_backing, percussion_part
from drumscribe.data.render.harmony import bass_line, chord_part, draw_harmony, melody
from drumscribe.data.render.render_config import BackingConfig
from drumscribe.tempo import TempoMap
from drumscribe.timing import SAMPLE_RATE

TEMPO = TempoMap.steady(120, first_downbeat_s=0.3, until_s=8.3)
N_SAMPLES = 8 * SAMPLE_RATE
KINDS = [kind for kind, *_ in hand_percussion._KINDS]
ALL_PARTS = BackingConfig(bass=1, chords=1, lead=1, voice=1, riser=1, partial=0)


def test_backing_has_all_its_parts(rng: np.random.Generator):
    sound, parts = draw_backing(TEMPO, N_SAMPLES, ALL_PARTS, rng)
    assert sound.shape == (N_SAMPLES,)
    assert sound.dtype == np.float32
    assert {"bass", "chords", "lead", "voice", "riser"} <= set(parts)
    seconds = sound.reshape(8, SAMPLE_RATE)
    assert np.sqrt((seconds**2).mean(axis=1)).min() > 0.01


@pytest.mark.parametrize("seed", range(8))
def test_backing_is_never_empty(seed: int):
    rng = np.random.default_rng(seed)
    sound, parts = draw_backing(TEMPO, N_SAMPLES, BackingConfig(), rng)
    assert np.isfinite(sound).all()
    assert parts
    assert np.abs(sound).max() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_hand_percussion_sounds_when_struck(kind, rng: np.random.Generator):
    sound = hand_percussion.played_at(kind, [0.5, 1.5], [1.0, 0.5], 2 * SAMPLE_RATE, rng)
    assert np.abs(sound[: SAMPLE_RATE // 2]).max() == 0
    assert np.abs(sound[SAMPLE_RATE // 2 :]).max() == pytest.approx(1, abs=0.01)
    early = np.abs(sound[SAMPLE_RATE // 2 : SAMPLE_RATE // 2 + 1100]).max()
    assert early > 0.4, "the attack lies in the first 50 ms"


def test_percussion_follows_the_counts(rng: np.random.Generator):
    sound = percussion_part(TEMPO, N_SAMPLES, BackingConfig(partial=0), rng)
    assert np.abs(sound[: round(0.25 * SAMPLE_RATE)]).max() == 0
    assert np.abs(sound).max() > 0


@pytest.mark.parametrize(
    "kind",
    [negatives.speech, negatives.sweep, negatives.steady_tones, negatives.steady_noise],
)
@pytest.mark.parametrize("seed", range(3))
def test_negatives_sound(kind, seed: int):
    sound = kind(3 * SAMPLE_RATE, np.random.default_rng(seed))
    assert sound.shape == (3 * SAMPLE_RATE,)
    assert np.isfinite(sound).all()
    assert np.sqrt(np.mean(sound**2)) > 1e-3


def test_all_negatives_are_drawn():
    names = {negatives.draw_negative(2000, np.random.default_rng(seed))[1] for seed in range(120)}
    assert names == {"speech", "sweep", "steady_tones", "steady_noise", "riser", "silence"}


@pytest.mark.parametrize("make", [bass_line, chord_part, melody])
def test_parts_stay_in_the_piece_and_key(make, rng: np.random.Generator):
    harmony = draw_harmony(4, 4, rng)
    tones_played = make(harmony, rng)
    assert all(0 <= tone.count < 16.2 for tone in tones_played)
    assert {tone.pitch % 12 for tone in tones_played} <= set(harmony.scale)


def test_a_tone_has_its_pitch(rng: np.random.Generator):
    for draw in (tones.plucked, tones.sustained):
        tone = tones.Instrument(draw(rng), rng).tone(69, 1.0)
        spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
        bins_hz = np.fft.rfftfreq(len(tone), 1 / SAMPLE_RATE)
        low = spectrum[(bins_hz > 420) & (bins_hz < 460)].max()
        between = spectrum[(bins_hz > 500) & (bins_hz < 800)].max()
        assert low > 5 * between


def test_tones_are_kept_and_cut(rng: np.random.Generator):
    instrument = tones.Instrument(tones.sustained(rng), rng)
    long, short = instrument.tone(60, 1.0), instrument.tone(60, 0.2)
    n_same = round(0.2 * SAMPLE_RATE)
    assert np.array_equal(long[:n_same], short[:n_same])
    assert short[-1] == 0
