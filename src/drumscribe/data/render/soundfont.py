"""Instruments of a General MIDI SoundFont: recorded tones for accompaniment, recorded percussion.

Synthesised accompaniment teaches what a song is; recorded instruments teach what one sounds like.
Needs tinysoundfont (the ``soundfont`` extra), which renders a tone in a thousandth of its length.
"""

from pathlib import Path

import numpy as np

from drumscribe.drums import DRUM_CHANNEL
from drumscribe.timing import SAMPLE_RATE, seconds_to_samples
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice
from drumscribe.utils.files import require_file

BASSES = tuple(range(32, 40))
"""General MIDI programs, counted from 0, that play bass lines."""

CHORDS = (
    *range(8),
    11,
    16,
    17,
    18,
    19,
    21,
    *range(24, 31),
    48,
    49,
    50,
    51,
    61,
    62,
    63,
    *range(88, 96),
)
"""Programs that play chords: keys, organs, guitars, strings, brass, pads."""

DRIVEN = (29, 30)
"""Of these the guitars that are overdriven or distorted."""

LEADS = (
    11,
    12,
    22,
    25,
    26,
    27,
    29,
    30,
    40,
    42,
    *range(52, 55),
    56,
    57,
    60,
    *range(64, 76),
    *range(80, 88),
)
"""Programs that play melodies: mallets, guitars, strings, voices, wind, synthesisers."""

_CHANNEL = 0
_DRUM_BANK = 128
_GAIN_DB = -12.0
_MAX_TONE_S = 8.0
_RELEASE_S = 0.4
_STRUCK_S = 1.5
_SILENCE = 1e-4


class SoundFont:
    """An open .sf2 file.

    Args:
        path: the file, laid out as General MIDI: programs in bank 0, percussion in bank 128.

    Raises:
        DrumscribeError: when it is absent, no SoundFont, or tinysoundfont is not installed.
    """

    def __init__(self, path: Path) -> None:
        require_file(path, what="SoundFont", hint="name a General MIDI .sf2 file")
        try:
            import tinysoundfont
        except ImportError as error:
            raise DrumscribeError(
                f"{path}: SoundFonts need tinysoundfont; {install_advice('train,soundfont')}"
            ) from error
        self._synth = tinysoundfont.Synth(gain=_GAIN_DB, samplerate=SAMPLE_RATE)
        try:
            self._id = self._synth.sfload(str(path))
        except Exception as error:  # the library raises a bare one
            raise DrumscribeError(f"{path}: is not a SoundFont; name a .sf2 file") from error

    def has_program(self, program: int) -> bool:
        """Whether it has a sound for a General MIDI program, 0..127."""
        return self._name(0, program) is not None

    def drum_sets(self) -> dict[int, str]:
        """The programs of its percussion bank, and what they are called."""
        names = {program: self._name(_DRUM_BANK, program) for program in range(128)}
        return {program: name for program, name in names.items() if name is not None}

    def tone(self, program: int, pitch: int, velocity: int, duration_s: float) -> FloatArray:
        """A held tone and its release, mono, shape (n_samples,)."""
        self._synth.program_select(_CHANNEL, self._id, 0, program)
        return self._sound(_CHANNEL, pitch, velocity, min(duration_s, _MAX_TONE_S), _RELEASE_S)

    def struck(self, note: int, velocity: int, drum_set: int = 0) -> FloatArray:
        """One hit of a percussion instrument, named by its General MIDI note; silent if absent."""
        self._synth.program_select(DRUM_CHANNEL, self._id, _DRUM_BANK, drum_set, True)
        return self._sound(DRUM_CHANNEL, note, velocity, _STRUCK_S, 0.0)

    def _name(self, bank: int, program: int) -> str | None:
        try:
            name: str | None = self._synth.sfpreset_name(self._id, bank, program)
        except RuntimeError:
            return None
        except UnicodeDecodeError:  # there is one, named in another encoding
            return ""
        return name

    def _sound(
        self, channel: int, key: int, velocity: int, held_s: float, release_s: float
    ) -> FloatArray:
        self._synth.sounds_off()
        self._synth.noteon(channel, key, velocity)
        held = self._generated(held_s)
        self._synth.noteoff(channel, key)
        sound = np.concatenate([held, self._generated(release_s)])
        audible = np.flatnonzero(np.abs(sound) > _SILENCE * np.abs(sound).max(initial=0.0))
        sound = sound[: audible[-1] + 1] if len(audible) else sound[:1]
        n_fade = min(len(sound), seconds_to_samples(0.01))
        sound[len(sound) - n_fade :] *= np.linspace(1, 0, n_fade, dtype=np.float32)
        return sound

    def _generated(self, duration_s: float) -> FloatArray:
        n_samples = seconds_to_samples(duration_s)
        if n_samples == 0:
            return np.zeros(0, np.float32)
        stereo = np.frombuffer(self._synth.generate(n_samples), np.float32).reshape(-1, 2)
        return np.asarray(stereo.mean(axis=1), np.float32)


class SampledInstrument:
    """One instrument of a SoundFont in one recording; its tones are kept by pitch.

    Args:
        font: the SoundFont.
        program: which of its instruments.
        velocity: how hard it is played, 1..127.
    """

    def __init__(self, font: SoundFont, program: int, velocity: int) -> None:
        self._font, self._program, self._velocity = font, program, velocity
        self._tones: dict[tuple[int, float], FloatArray] = {}

    def tone(self, pitch: int, duration_s: float) -> FloatArray:
        """A tone of MIDI pitch ``pitch`` held for ``duration_s``, its release added."""
        key = (pitch, round(duration_s, 2))
        if key not in self._tones:
            self._tones[key] = self._font.tone(self._program, pitch, self._velocity, key[1])
        return self._tones[key]
