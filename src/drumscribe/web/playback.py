"""The recording in a form that every browser plays, in time with what was heard.

Wav, FLAC and Ogg Vorbis are kept as they are. Of mp3 and the like browsers skip another part of
the encoder's padding than our decoder, which would shift the sound against the hits, so those are
decoded and written as Ogg Vorbis.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from drumscribe.data.audio_processing import audio_blocks, soundfile_name
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.files import atomic_path

_TYPES_BY_FORMAT = {"WAV": "audio/wav", "WAVEX": "audio/wav", "FLAC": "audio/flac"}
_PLAYED_AS_IS = {
    *((name, kind) for name in ("WAV", "WAVEX") for kind in ("PCM_U8", "PCM_16", "PCM_24")),
    *(("FLAC", kind) for kind in ("PCM_S8", "PCM_16", "PCM_24")),
    ("OGG", "VORBIS"),
}
_OGG = "audio/ogg"
_MAX_RATE = 96_000
_MAX_CHANNELS = 2
_BLOCK_SAMPLES = 8192  # libsndfile's Vorbis encoder keeps a whole block on the stack


def write_playback(recording: Path, folder: Path) -> dict[str, str]:
    """Which file of the job's folder is played, written if need be.

    Returns:
        Its ``file`` name and ``media_type``.
    """
    import soundfile

    try:
        with soundfile.SoundFile(soundfile_name(recording)) as file:
            is_plain = file.channels <= _MAX_CHANNELS and file.samplerate <= _MAX_RATE
            if is_plain and (file.format, file.subtype) in _PLAYED_AS_IS:
                media_type = _TYPES_BY_FORMAT.get(file.format, _OGG)
                return {"file": recording.name, "media_type": media_type}
            if is_plain:
                blocks = file.blocks(_BLOCK_SAMPLES, dtype="float32", always_2d=True)
                return _write_ogg(folder, blocks, rate=file.samplerate, n_channels=file.channels)
    except (soundfile.LibsndfileError, RuntimeError):
        pass  # what libsndfile cannot open, the decoder of last resort has read before
    return _write_ogg(folder, _mono_blocks(recording), rate=SAMPLE_RATE, n_channels=1)


def _write_ogg(
    folder: Path, blocks: Iterator[FloatArray], *, rate: int, n_channels: int
) -> dict[str, str]:
    import soundfile

    target = folder / "playback.ogg"
    with (
        atomic_path(target) as temporary,
        soundfile.SoundFile(temporary, "w", rate, n_channels, "VORBIS", format="OGG") as out,
    ):
        for block in blocks:
            out.write(np.clip(block, -1, 1))
    return {"file": target.name, "media_type": _OGG}


def _mono_blocks(recording: Path) -> Iterator[FloatArray]:
    for block in audio_blocks(recording):
        yield from np.array_split(block, max(1, len(block) // _BLOCK_SAMPLES))
