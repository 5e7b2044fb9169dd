"""Accompaniment made by the project itself, in time with what the drums play.

Bass, chords, a melody, something like singing, swells of noise. None of it is in a lane: it teaches
that a full song is not full of drums.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from drumscribe.data.render import hand_percussion, tones
from drumscribe.data.render.dynamics import saturated
from drumscribe.data.render.filters import cut_db, filtered, random_equaliser_db
from drumscribe.data.render.harmony import (
    Harmony,
    Tone,
    bass_line,
    chord_part,
    draw_harmony,
    melody,
)
from drumscribe.data.render.render_config import BackingConfig
from drumscribe.data.render.room import draw_room, impulse_response, reverberation
from drumscribe.data.render.score import TempoMap
from drumscribe.data.render.tones import Instrument, pitch_hz
from drumscribe.data.render.voice import Syllable, chatter, sung
from drumscribe.timing import samples_to_seconds, seconds_to_samples

FloatArray = npt.NDArray[np.float32]

_PART_LEVEL_DB = (-12.0, 0.0)
_PLAYER_JITTER_S = 0.008
_ROOM = 0.6
_FADE_S = 0.02


def draw_backing(
    tempo: TempoMap,
    counts_per_bar: int,
    n_samples: int,
    config: BackingConfig,
    rng: np.random.Generator,
) -> tuple[FloatArray, list[str]]:
    """Accompaniment to a recording.

    Args:
        tempo: when each count falls.
        counts_per_bar: of the metre.
        n_samples: length of the recording.
        config: which parts.
        rng: decides everything.

    Returns:
        Samples of shape (n_samples,) at no particular level, and the names of its parts.
    """
    n_bars = max(1, (len(tempo.times_s) - 1) // counts_per_bar)
    harmony = draw_harmony(n_bars, counts_per_bar, rng)
    parts: dict[str, FloatArray] = {}
    if rng.random() < config.bass:
        timbre = tones.plucked(rng) if rng.random() < 0.75 else tones.sustained(rng)
        parts["bass"] = _played(bass_line(harmony, rng), timbre, tempo, n_samples, rng)
    if rng.random() < config.chords:
        parts["chords"] = _chords(harmony, tempo, n_samples, rng)
        if rng.random() < 0.3:
            parts["more chords"] = _chords(harmony, tempo, n_samples, rng)
    if rng.random() < config.lead:
        timbre = tones.plucked(rng) if rng.random() < 0.4 else tones.sustained(rng)
        parts["lead"] = _played(melody(harmony, rng), timbre, tempo, n_samples, rng)
    if rng.random() < config.voice or not parts:
        parts["voice"] = _voice(harmony, tempo, n_samples, rng)
    if rng.random() < config.riser:
        parts["riser"] = riser(n_samples, rng)
    mix = np.zeros(n_samples, np.float32)
    for part in parts.values():
        level_db = rng.uniform(*_PART_LEVEL_DB)
        shaped = filtered(part, random_equaliser_db(rng, 5.0))
        mix += shaped * np.float32(10 ** (level_db / 20) / (_rms(shaped) + 1e-6))
    if rng.random() < _ROOM:
        wet = reverberation(mix, impulse_response(draw_room(rng), rng))
        mix += wet * np.float32(rng.uniform(0.05, 0.6))
    if rng.random() < config.partial:
        _silence_outside(mix, rng)
    return mix, list(parts)


def percussion_part(
    tempo: TempoMap, n_samples: int, config: BackingConfig, rng: np.random.Generator
) -> FloatArray:
    """Hand percussion in time with the recording, shape (n_samples,)."""
    steps = np.arange(4 * (len(tempo.times_s) - 1)) / 4
    times_s = tempo.seconds(steps)
    inside = times_s[(times_s >= 0) & (times_s < samples_to_seconds(n_samples))]
    sound = hand_percussion.draw_percussion(inside.tolist(), n_samples, rng)
    if rng.random() < config.partial:
        _silence_outside(sound, rng)
    return sound


def riser(n_samples: int, rng: np.random.Generator) -> FloatArray:
    """Noise that swells over some seconds and stops, once or twice."""
    sound = np.zeros(n_samples, np.float32)
    for _ in range(int(rng.integers(1, 3))):
        length = min(n_samples, seconds_to_samples(rng.uniform(0.8, 6.0)))
        first = int(rng.integers(0, max(1, n_samples - length)))
        swell = np.linspace(0, 1, length) ** rng.uniform(1.5, 4)
        if rng.random() < 0.3:
            swell = swell[::-1]
        noise = rng.standard_normal(length) * swell
        sound[first : first + length] += noise.astype(np.float32)
    return filtered(sound, cut_db(rng.uniform(300, 4000), 1, is_high=True))


def _chords(
    harmony: Harmony, tempo: TempoMap, n_samples: int, rng: np.random.Generator
) -> FloatArray:
    """Chords on one instrument; a guitar may be driven."""
    timbre = tones.plucked(rng) if rng.random() < 0.55 else tones.sustained(rng)
    sound = _played(chord_part(harmony, rng), timbre, tempo, n_samples, rng)
    return saturated(sound, rng.uniform(6, 30), rng.uniform(0, 1)) if rng.random() < 0.3 else sound


def _played(
    part: Sequence[Tone],
    timbre: tones.Timbre,
    tempo: TempoMap,
    n_samples: int,
    rng: np.random.Generator,
) -> FloatArray:
    """A part on an instrument, shape (n_samples,)."""
    instrument = Instrument(timbre, rng)
    starts_s = tempo.seconds([tone.count for tone in part])
    ends_s = tempo.seconds([tone.count + tone.n_counts for tone in part])
    starts_s = starts_s + rng.normal(0, rng.uniform(0, _PLAYER_JITTER_S), len(part))
    sound = np.zeros(n_samples, np.float32)
    for tone, start_s, end_s in zip(part, starts_s.tolist(), ends_s.tolist(), strict=True):
        first = seconds_to_samples(start_s)
        if 0 <= first < n_samples:
            heard = instrument.tone(tone.pitch, max(0.03, end_s - start_s))[: n_samples - first]
            sound[first : first + len(heard)] += heard * np.float32(tone.level)
    return sound


def _voice(
    harmony: Harmony, tempo: TempoMap, n_samples: int, rng: np.random.Generator
) -> FloatArray:
    """A melody sung, or now and then something spoken over the music."""
    if rng.random() < 0.2:
        return sung(chatter(n_samples, rng), n_samples, rng, vibrato=0.0)
    octave = int(rng.choice((-12, -12, 0)))
    syllables = []
    for tone in melody(harmony, rng):
        start_s, end_s = tempo.seconds([tone.count, tone.count + tone.n_counts]).tolist()
        hz = pitch_hz(tone.pitch + octave)
        scoop = hz * 2 ** (rng.normal(0, 0.05))
        syllables.append(Syllable(start_s, end_s - start_s, (scoop, hz), tone.level))
    return sung(syllables, n_samples, rng, vibrato=rng.uniform(0, 0.02))


def _silence_outside(samples: FloatArray, rng: np.random.Generator) -> None:
    """Leave only one stretch of at least a third, in place."""
    length = int(len(samples) * rng.uniform(0.33, 0.9))
    last = len(samples) - length
    first = (0, last, int(rng.integers(last + 1)))[int(rng.integers(3))]
    n_fade = min(seconds_to_samples(_FADE_S), length // 2)
    ramp = np.linspace(0, 1, n_fade, dtype=np.float32)
    if first > 0:
        samples[first : first + n_fade] *= ramp
    if first + length < len(samples):
        samples[first + length - n_fade : first + length] *= ramp[::-1]
    samples[:first] = 0
    samples[first + length :] = 0


def _rms(samples: FloatArray) -> float:
    """RMS where there is sound, so that pauses do not make a part louder."""
    power = np.square(samples)
    heard = power[power > 1e-8 * power.max(initial=0.0)]
    return float(np.sqrt(heard.mean())) if len(heard) else 0.0
