"""The drum sets of a SoundFont as sample kits, whose sounds are named by note and velocity."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from drumscribe.data.render.articulations import ARTICULATION_BY_NOTE
from drumscribe.data.render.sample_kits import Layer, SampleKit
from drumscribe.data.render.soundfont import SoundFont
from drumscribe.events import MAX_VELOCITY
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.workers import WorkerKilledError, worker_pool

SUFFIX = ".sf2"

_LAYER_TOPS = (20, 40, 60, 80, 100, MAX_VELOCITY)
_AUDIBLE = 1e-3
_ELECTRONIC = ("808", "909", "elec", "techno", "dance", "house", "synth")


def soundfont_kits(font: SoundFont, name: str) -> list[SampleKit]:
    """A kit for every drum set, with six velocity layers of each note that sounds.

    Args:
        font: the open SoundFont.
        name: what the ids of its kits begin with.
    """
    kits = []
    for program, title in font.drum_sets().items():
        notes = {
            note: _layers(note)
            for note in ARTICULATION_BY_NOTE
            if np.abs(font.struck(note, 100, program)).max() > _AUDIBLE
        }
        is_electronic = any(word in title.lower() for word in _ELECTRONIC)
        kind = "electronic" if is_electronic else "acoustic"
        kits.append(SampleKit(_kit_id(name, program), kind, notes))
    return kits


def soundfont_reader(font: SoundFont, name: str) -> Callable[[str, str], FloatArray]:
    """What plays a sound of these kits, given a kit's id and the sound's name."""
    programs = {_kit_id(name, program): program for program in font.drum_sets()}

    def read(kit_id: str, sound: str) -> FloatArray:
        note, velocity = map(int, sound.split("_"))
        return font.struck(note, velocity, programs[kit_id])

    return read


def _kit_id(name: str, program: int) -> str:
    return f"{name}_{program}"


def is_soundfont(path: Path) -> bool:
    """Whether a path names a SoundFont instead of a folder of kits."""
    return path.suffix.lower() == SUFFIX


def require_playable(path: Path) -> None:
    """Refuse a SoundFont that cannot be played; a process of its own tries, as some crash one.

    Raises:
        DrumscribeError: when it is absent, damaged or no SoundFont.
    """
    try:
        with worker_pool(1) as pool:
            pool.submit(_try_to_play, path).result()
    except WorkerKilledError as error:
        raise DrumscribeError(f"{path}: is damaged; get the SoundFont again") from error


def _try_to_play(path: Path) -> None:
    font = SoundFont(path)
    soundfont_kits(font, path.stem)
    for program in range(128):
        if font.has_program(program):
            font.tone(program, 60, 100, 0.1)


def _layers(note: int) -> tuple[Layer, ...]:
    lows = (0, *(top + 1 for top in _LAYER_TOPS))
    return tuple(
        Layer(low, top, (f"{note}_{top}",)) for low, top in zip(lows, _LAYER_TOPS, strict=False)
    )
