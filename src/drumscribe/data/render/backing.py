"""Accompaniment made by the project itself, in time with what the drums play.

Bass, chords, a melody, something like singing, swells of noise, on synthesised instruments or on
those of a SoundFont. None of it is in a lane: it teaches that a full song is not full of drums.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from drumscribe.data.render import hand_percussion, soundfont, tones
from drumscribe.data.render.dynamics import heard_rms, saturated
from drumscribe.data.render.filters import cut_db, filtered, random_equaliser_db
from drumscribe.data.render.harmony import (
    Harmony,
    Tone,
    bass_line,
    chord_part,
    draw_harmony,
    melody,
)
from drumscribe.data.render.recorded_voices import RecordedVoices
from drumscribe.data.render.render_config import BackingConfig
from drumscribe.data.render.room import draw_room, impulse_response, reverberation
from drumscribe.data.render.singing import Syllable, chatter, sung
from drumscribe.data.render.soundfont import SampledInstrument, SoundFont
from drumscribe.data.render.tones import Instrument, pitch_hz
from drumscribe.tempo import TempoMap
from drumscribe.timing import samples_to_seconds, seconds_to_samples
from drumscribe.utils.arrays import FloatArray

_PART_LEVEL_DB = (-12.0, 0.0)
_PLAYER_JITTER_S = 0.008
_ROOM = 0.6
_FADE_S = 0.02


@dataclass(frozen=True)
class AccompanimentSources:
    """Recorded instruments and voices for some of the parts; what is absent is synthesised.

    Attributes:
        font: instruments.
        voices: voices.
    """

    font: SoundFont | None = None
    voices: RecordedVoices | None = None


NOTHING_RECORDED = AccompanimentSources()


class Playable(Protocol):
    """Whatever plays tones."""

    def tone(self, pitch: int, duration_s: float) -> FloatArray:
        """A tone of MIDI pitch ``pitch`` held for ``duration_s``, its release added."""


def draw_backing(
    tempo: TempoMap,
    n_samples: int,
    config: BackingConfig,
    rng: np.random.Generator,
    recorded: AccompanimentSources = NOTHING_RECORDED,
) -> tuple[FloatArray, list[str]]:
    """Accompaniment to a recording.

    Args:
        tempo: when each count falls, and its bars.
        n_samples: length of the recording.
        config: which parts.
        rng: decides everything.
        recorded: instruments and voices for some of the parts.

    Returns:
        Samples of shape (n_samples,) at no particular level, and the names of its parts.
    """
    counts_per_bar = tempo.signature_at(0).numerator
    n_bars = max(1, (len(tempo.beats_s) - 1) // counts_per_bar)
    harmony = draw_harmony(n_bars, counts_per_bar, rng)
    band = _Band(tempo, n_samples, recorded.font, config.sampled, rng)
    parts = _parts(band, harmony, config, rng)
    if rng.random() < config.voice or not parts:
        voices = recorded.voices if rng.random() < config.sampled else None
        parts["voice"] = (
            voices.sing(tempo, n_samples, rng)
            if voices is not None
            else _voice(harmony, tempo, n_samples, rng)
        )
    if rng.random() < config.riser:
        parts["riser"] = riser(n_samples, rng)
    mix = np.zeros(n_samples, np.float32)
    for part in parts.values():
        level_db = rng.uniform(*_PART_LEVEL_DB)
        shaped = filtered(part, random_equaliser_db(rng, 5.0))
        part_rms = heard_rms(shaped, range_db=80.0)
        mix += shaped * np.float32(10 ** (level_db / 20) / (part_rms + 1e-6))
    if rng.random() < _ROOM:
        wet = reverberation(mix, impulse_response(draw_room(rng), rng))
        mix += wet * np.float32(rng.uniform(0.05, 0.6))
    if rng.random() < config.partial:
        _silence_outside(mix, rng)
    return mix, list(parts)


def percussion_part(
    tempo: TempoMap,
    n_samples: int,
    config: BackingConfig,
    rng: np.random.Generator,
    recorded: AccompanimentSources = NOTHING_RECORDED,
) -> FloatArray:
    """Hand percussion in time with the recording, shape (n_samples,)."""
    steps = np.arange(4 * (len(tempo.beats_s) - 1)) / 4
    times_s = tempo.seconds(steps)
    inside = times_s[(times_s >= 0) & (times_s < samples_to_seconds(n_samples))]
    sampled = recorded.font if rng.random() < config.sampled else None
    sound = hand_percussion.draw_percussion(inside.tolist(), n_samples, rng, sampled)
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


def _parts(
    band: "_Band", harmony: Harmony, config: BackingConfig, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """What the instruments play, by name."""
    parts: dict[str, FloatArray] = {}
    if rng.random() < config.bass:
        parts["bass"] = band.play(bass_line(harmony, rng), soundfont.BASSES, plucked=0.75)
    if rng.random() < config.chords:
        parts["chords"] = band.play_chords(harmony)
        if rng.random() < config.second_chords:
            parts["more chords"] = band.play_chords(harmony)
    if rng.random() < config.lead:
        parts["lead"] = band.play(melody(harmony, rng), soundfont.LEADS, plucked=0.4)
    return parts


class _Band:
    """Whoever plays: puts parts on instruments and these into the recording's time."""

    def __init__(
        self,
        tempo: TempoMap,
        n_samples: int,
        font: SoundFont | None,
        sampled: float,
        rng: np.random.Generator,
    ) -> None:
        self._tempo, self._n_samples, self._rng = tempo, n_samples, rng
        self._font, self._sampled = font, sampled

    def play(self, part: Sequence[Tone], programs: Sequence[int], *, plucked: float) -> FloatArray:
        """A part on an instrument, shape (n_samples,).

        Args:
            part: what is played.
            programs: General MIDI programs that may play it.
            plucked: how often a synthesised instrument is plucked, 0..1.
        """
        program = self._program(programs)
        return self._played(part, self._instrument(program, plucked))

    def play_chords(self, harmony: Harmony) -> FloatArray:
        """Chords on one instrument; a guitar may be driven."""
        rng = self._rng
        program = self._program(soundfont.CHORDS)
        sound = self._played(chord_part(harmony, rng), self._instrument(program, 0.55))
        is_driven = rng.random() < (0.6 if program in soundfont.DRIVEN else 0.3)
        return saturated(sound, rng.uniform(6, 30), rng.uniform(0, 1)) if is_driven else sound

    def _program(self, programs: Sequence[int]) -> int | None:
        """One of the programs, or none for a synthesised instrument."""
        if self._font is None or self._rng.random() >= self._sampled:
            return None
        program = int(self._rng.choice(programs))
        return program if self._font.has_program(program) else None

    def _instrument(self, program: int | None, plucked: float) -> Playable:
        rng = self._rng
        if program is not None and self._font is not None:
            return SampledInstrument(self._font, program, int(rng.integers(60, 128)))
        timbre = tones.plucked(rng) if rng.random() < plucked else tones.sustained(rng)
        return Instrument(timbre, rng)

    def _played(self, part: Sequence[Tone], instrument: Playable) -> FloatArray:
        """A part on an instrument, shape (n_samples,)."""
        rng, n_samples = self._rng, self._n_samples
        starts_s = self._tempo.seconds([tone.count for tone in part])
        ends_s = self._tempo.seconds([tone.count + tone.n_counts for tone in part])
        starts_s = starts_s + rng.normal(0, rng.uniform(0, _PLAYER_JITTER_S), len(part))
        sound = np.zeros(n_samples, np.float32)
        for tone, start_s, end_s in zip(part, starts_s.tolist(), ends_s.tolist(), strict=True):
            first = seconds_to_samples(start_s)
            if 0 <= first < n_samples:
                heard = instrument.tone(tone.pitch, max(0.03, end_s - start_s))
                heard = heard[: n_samples - first]
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
