"""From notes to audio: every note played on a synthetic kit, exactly on its sample."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.synth import pieces
from drumscribe.data.synth.kits import SynthArticulation, SynthKit
from drumscribe.data.synth.pieces import EGMD_SAMPLE_RATE, LayeredSound, Piece
from drumscribe.events import MAX_VELOCITY
from drumscribe.utils.arrays import FloatArray

_N_VARIANTS = 4
_CHOKE_S = 0.015
_VELOCITY_POWER = 1.6
_BRIGHTNESS_POWER = 0.9
_LEVEL_JITTER_DB = 0.5
_MAX_PEAK = 0.98

_MAKER_BY_PIECE: dict[str, Callable[[Piece, str, np.random.Generator], LayeredSound]] = {
    "kick": pieces.kick,
    "snare": pieces.snare,
    "hihat": pieces.hihat,
    "high_tom": pieces.tom,
    "mid_tom": pieces.tom,
    "low_tom": pieces.tom,
    "crash": pieces.crash,
    "crash_2": pieces.crash,
    "ride": pieces.ride,
}


def synthesised(
    notes: Sequence[MidiNote], kit: SynthKit, *, duration_s: float, seed: int
) -> FloatArray:
    """Play ``notes`` on ``kit``.

    A note sounds from the sample nearest to its onset. Open hi-hats ring until the next closed or
    pedal stroke. The whole is turned down when it would exceed full scale.

    Args:
        notes: any order; notes before 0 or after the end are not heard, nor are those that no
            piece of the kit plays (those outside its ``articulation_by_note``).
        kit: the kit to play on.
        duration_s: length of the result in seconds; sounds are cut there.
        seed: chooses among the variants of each sound.

    Returns:
        Mono float32 at ``EGMD_SAMPLE_RATE``, shape (round(duration_s * rate),), within -1..1.
    """
    mix = np.zeros(_sample_at(duration_s), dtype=np.float32)
    rng = np.random.default_rng(seed)
    sounds = _sounds_of(kit)
    strikes = kit.articulation_by_note
    played = [note for note in notes if note.note in strikes]
    played.sort(key=lambda note: (note.onset_s, note.note))
    chokes = _choke_samples(played, kit)
    for note in played:
        articulation = strikes[note.note]
        sound = sounds.sound(articulation, int(rng.integers(_N_VARIANTS)))
        loudness = note.velocity / MAX_VELOCITY
        gain = loudness**_VELOCITY_POWER * 10 ** (rng.normal(0, _LEVEL_JITTER_DB) / 20)
        start = _sample_at(note.onset_s)
        room = _samples_until_choke(articulation, start, chokes)
        _add(mix, sound.body, start, gain, room)
        _add(mix, sound.bright, start, gain * loudness**_BRIGHTNESS_POWER, room)
    peak = float(np.max(np.abs(mix), initial=0.0))
    return mix if peak <= _MAX_PEAK else mix * np.float32(_MAX_PEAK / peak)


class _KitSounds:
    """The sounds of one kit, each made when it is first needed."""

    def __init__(self, kit: SynthKit) -> None:
        self._kit = kit
        self._sounds: dict[tuple[str, int], LayeredSound] = {}

    def sound(self, articulation: SynthArticulation, variant: int) -> LayeredSound:
        """The sound of ``articulation``; variants differ as one hit differs from the next."""
        key = (articulation.name, variant)
        if key not in self._sounds:
            rng = np.random.default_rng([self._kit.number, articulation.notes[0], variant])
            piece = _another_hit(self._kit.piece(articulation), rng)
            make = _MAKER_BY_PIECE.get(articulation.piece, pieces.percussion)
            self._sounds[key] = make(piece, articulation.manner, rng)
        return self._sounds[key]


# The sounds of a kit take some 40 MB; recordings are rendered kit by kit, so two are enough.
@lru_cache(maxsize=2)
def _sounds_of(kit: SynthKit) -> _KitSounds:
    """The sounds of ``kit``, kept from one recording to the next."""
    return _KitSounds(kit)


def _another_hit(piece: Piece, rng: np.random.Generator) -> Piece:
    """``piece`` as it answers another blow: a trifle off in pitch, damping and colour."""
    pitch, decay, brightness = np.exp(rng.normal(0, [0.004, 0.04, 0.03]))
    return Piece(
        piece.pitch_hz * pitch,
        piece.decay_s * decay,
        piece.brightness_hz * brightness,
        piece.noise,
        piece.level,
    )


def _sample_at(time_s: float) -> int:
    """The sample nearest to ``time_s`` seconds; halves round up."""
    return math.floor(time_s * EGMD_SAMPLE_RATE + 0.5)


def _choke_samples(notes: Sequence[MidiNote], kit: SynthKit) -> list[int]:
    """The samples, in order, at which the hi-hat is shut."""
    return [
        _sample_at(note.onset_s)
        for note in notes
        if (articulation := kit.articulation_by_note[note.note]).piece == "hihat"
        and not _is_open(articulation)
    ]


def _is_open(articulation: SynthArticulation) -> bool:
    """Whether the articulation leaves the hi-hat open to ring."""
    return articulation.manner.startswith("open")


def _samples_until_choke(
    articulation: SynthArticulation, start: int, chokes: Sequence[int]
) -> int | None:
    """Samples for which a stroke at ``start`` rings freely; None when nothing shuts it."""
    if not (articulation.piece == "hihat" and _is_open(articulation)):
        return None
    index = int(np.searchsorted(chokes, start, side="right"))
    return chokes[index] - start if index < len(chokes) else None


def _add(
    mix: FloatArray, layer: FloatArray, start: int, gain: float, until_choke: int | None
) -> None:
    """Add ``layer`` times ``gain`` to ``mix`` from sample ``start``, fading where it is choked."""
    if until_choke is not None:
        layer = _choked(layer, until_choke)
    skipped = max(0, -start)
    layer = layer[skipped : max(skipped, mix.size - start)]
    first = start + skipped
    mix[first : first + layer.size] += np.float32(gain) * layer


def _choked(layer: FloatArray, n_free: int) -> FloatArray:
    """``layer`` whole for ``n_free`` samples, then faded out quickly."""
    n_fade = round(_CHOKE_S * EGMD_SAMPLE_RATE)
    if n_free >= layer.size:
        return layer
    choked = layer[: n_free + n_fade].copy()
    choked[n_free:] *= np.linspace(1, 0, n_fade, dtype=np.float32)[: choked.size - n_free]
    return choked
