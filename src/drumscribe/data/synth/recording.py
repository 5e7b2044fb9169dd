"""One recording of a performance: its names, its two files, its rows in the lists.

Conventions: audio and MIDI of a recording may be apart by a constant, a whole number of samples;
positive when the hits are heard later than the MIDI says.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drumscribe.data.egmd_csv import EgmdRow
from drumscribe.data.midi_processing import read_midi
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.synth.kits import SynthKit
from drumscribe.data.synth.performances import SynthPerformance
from drumscribe.data.synth.pieces import EGMD_SAMPLE_RATE
from drumscribe.data.synth.synthesis import synthesised
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.files import atomic_path


@dataclass(frozen=True)
class Take:
    """One recording to make.

    Attributes:
        folder: the dataset.
        performance: what is played.
        kit: what it is played on.
        offset_samples: how much later the audio is than the MIDI.
        seed: chooses among the variants of each sound.
    """

    folder: Path
    performance: SynthPerformance
    kit: SynthKit
    offset_samples: int
    seed: int

    @property
    def identity(self) -> str:
        """The performance as E-GMD's ``id``; the same for all kits."""
        return f"{self.performance.session}/{self.performance.number}"

    @property
    def stem(self) -> str:
        """Path in the dataset, without the suffix."""
        played = self.performance
        music = f"{played.style.replace('/', '-')}_{round(played.bpm)}_{played.beat_type}"
        metre = "{}-{}".format(*played.metre)
        return f"{played.session}/{played.number}_{music}_{metre}_{self.kit.number}"

    @property
    def n_samples(self) -> int:
        """Length of the audio."""
        return round(self.performance.duration_s * EGMD_SAMPLE_RATE)


def record(take: Take) -> Counter[int]:
    """Write one recording; count its notes by number.

    The notes played are read back from the file: a MIDI tick is up to 2 ms, and the sound has to
    be where the file says, not where the performance had it.
    """
    performance = take.performance
    midi_path = take.folder / f"{take.stem}.midi"
    write_midi(
        midi_path,
        performance.notes,
        duration_s=performance.duration_s,
        bpm=performance.bpm,
        metre=performance.metre,
    )
    notes = read_midi(midi_path).notes
    offset_s = take.offset_samples / EGMD_SAMPLE_RATE
    audio = synthesised(
        [replace(note, onset_s=note.onset_s + offset_s) for note in notes],
        take.kit,
        duration_s=take.n_samples / EGMD_SAMPLE_RATE,
        seed=take.seed,
    )
    _write_wav(take.folder / f"{take.stem}.wav", audio)
    return Counter(note.note for note in notes)


def _write_wav(path: Path, audio: FloatArray) -> None:
    """Write mono 16 bit at E-GMD's rate."""
    import soundfile

    with atomic_path(path) as temporary:
        samples = np.round(audio * np.iinfo(np.int16).max).astype(np.int16)
        soundfile.write(temporary, samples, EGMD_SAMPLE_RATE, subtype="PCM_16")


def csv_row(take: Take) -> EgmdRow:
    """The recording as a row of E-GMD's csv."""
    played = take.performance
    return EgmdRow(
        session=played.session,
        id=take.identity,
        style=played.style,
        bpm=played.bpm,
        beat_type=played.beat_type,
        metre=played.metre,
        duration_s=take.n_samples / EGMD_SAMPLE_RATE,
        split=played.split,
        stem=take.stem,
        kit_name=take.kit.name,
    )


def offset_row(take: Take) -> tuple[str, str]:
    """The recording's file and its true offset to the nanosecond."""
    offset_ms = 1000 * take.offset_samples / EGMD_SAMPLE_RATE
    return f"{take.stem}.wav", f"{offset_ms:.6f}"
