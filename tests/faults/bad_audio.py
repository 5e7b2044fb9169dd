"""Recordings nobody expects: what a user may name by mistake, or what a program left behind."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from drumscribe.timing import SAMPLE_RATE

_NOISE = 0.1 * np.random.default_rng(1).standard_normal(SAMPLE_RATE)


@dataclass(frozen=True)
class Case:
    """A recording and what is said of it; nothing when it is to be transcribed.

    Attributes:
        name: the file's name.
        write: makes the file.
        told: part of the message.
    """

    name: str
    write: Callable[[Path], object]
    told: str | None = None

    @property
    def id(self) -> str:
        return self.name.replace(" ", "-")


def _samples(values: np.ndarray, rate: int = SAMPLE_RATE, subtype: str | None = None) -> Callable:
    return lambda path: soundfile.write(path, values, rate, subtype=subtype)


def _with(index: int, value: float) -> np.ndarray:
    changed = _NOISE.copy()
    changed[index] = value
    return changed


def _channels(n: int) -> Callable:
    return _samples(np.tile(_NOISE[: SAMPLE_RATE // 4, None], n))


def _cut(share: float) -> Callable:
    def write(path: Path) -> None:
        soundfile.write(path, np.tile(_NOISE, 4), SAMPLE_RATE)
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return write


def _bytes(content: bytes) -> Callable:
    return lambda path: path.write_bytes(content)


CASES = (
    Case("missing.wav", lambda path: None, "no such audio file"),
    Case("empty.wav", Path.touch, "is empty"),
    Case("text.wav", _bytes(b"kick snare kick snare\n" * 50), "cannot be decoded"),
    Case("text.mp3", _bytes(b"kick snare kick snare\n" * 50), "cannot be decoded"),
    Case("zeros.wav", _bytes(bytes(10_000)), "cannot be decoded"),
    Case("header only.wav", _cut(0.0002), "cannot be decoded"),
    Case("no samples.wav", _samples(_NOISE[:0]), "holds no audio"),
    Case("cut.wav", _cut(0.5), "is cut short"),
    Case("cut.aiff", _cut(0.5), "is cut short"),
    Case("cut.flac", _cut(0.5), "cannot be decoded"),
    Case("nan.wav", _samples(_with(5, np.nan), subtype="FLOAT"), "NaN or infinite samples"),
    Case("infinite.wav", _samples(_with(5, -np.inf), subtype="DOUBLE"), "NaN or infinite samples"),
    Case("huge.wav", _samples(_with(5, 1e300), subtype="DOUBLE"), "NaN or infinite samples"),
    Case("one sample at 384 kHz.wav", _samples(_NOISE[:1], 384_000), "holds no audio"),
    Case("slow.wav", _samples(_NOISE, 500), "are not supported"),
    Case("65 channels.wav", _channels(65), "are not supported"),
    # What follows is unusual and yet a recording. An mp3 says nowhere how long it is.
    Case("cut.mp3", _cut(0.5)),
    Case("one sample.wav", _samples(_NOISE[:1])),
    Case("silence.wav", _samples(0 * _NOISE)),
    Case("dc.wav", _samples(np.full(SAMPLE_RATE, 0.9))),
    Case("loud.wav", _samples(1e6 * _NOISE, subtype="FLOAT")),
    Case("8 bit.wav", _samples(_NOISE, subtype="PCM_U8")),
    Case("24 bit.wav", _samples(_NOISE, subtype="PCM_24")),
    Case("32 bit.wav", _samples(_NOISE, subtype="PCM_32")),
    Case("float.wav", _samples(_NOISE, subtype="FLOAT")),
    Case("double.wav", _samples(_NOISE, subtype="DOUBLE")),
    Case("mu-law.wav", _samples(_NOISE, subtype="ULAW")),
    Case("4 kHz.wav", _samples(_NOISE[:4000], 4_000)),
    Case("384 kHz.wav", _samples(np.tile(_NOISE, 4), 384_000)),
    *(Case(f"{n} channels.wav", _channels(n)) for n in (1, 2, 3, 5, 6, 8, 16, 32)),
)
"""Every recording that commands are tried with."""
