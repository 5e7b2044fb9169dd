"""The recording in a form that every browser plays, in time with what was heard.

Wav, FLAC and Ogg Vorbis are kept as they are. Of mp3 and the like browsers skip another part of
the encoder's padding than our decoder, which would shift the sound against the hits, so those are
decoded and written as Ogg Vorbis.
"""

from pathlib import Path

from drumscribe.data.audio_processing import audio_blocks, soundfile_name
from drumscribe.data.ogg_writing import write_ogg
from drumscribe.timing import SAMPLE_RATE

_TYPES_BY_FORMAT = {"WAV": "audio/wav", "WAVEX": "audio/wav", "FLAC": "audio/flac"}
_PLAYED_AS_IS = {
    *((name, kind) for name in ("WAV", "WAVEX") for kind in ("PCM_U8", "PCM_16", "PCM_24")),
    *(("FLAC", kind) for kind in ("PCM_S8", "PCM_16", "PCM_24")),
    ("OGG", "VORBIS"),
}
_OGG = "audio/ogg"
_MAX_RATE = 96_000
_MAX_CHANNELS = 2
_BLOCK_SAMPLES = 8192


def write_playback(recording: Path, folder: Path) -> dict[str, str]:
    """Which file of the job's folder is played, written if need be.

    Returns:
        Its ``file`` name and ``media_type``.
    """
    import soundfile

    target = folder / "playback.ogg"
    try:
        with soundfile.SoundFile(soundfile_name(recording)) as file:
            is_plain = file.channels <= _MAX_CHANNELS and file.samplerate <= _MAX_RATE
            if is_plain and (file.format, file.subtype) in _PLAYED_AS_IS:
                media_type = _TYPES_BY_FORMAT.get(file.format, _OGG)
                return {"file": recording.name, "media_type": media_type}
            if is_plain:
                blocks = file.blocks(_BLOCK_SAMPLES, dtype="float32", always_2d=True)
                write_ogg(target, blocks, rate=file.samplerate, n_channels=file.channels)
                return {"file": target.name, "media_type": _OGG}
    except (soundfile.LibsndfileError, RuntimeError):
        pass  # what libsndfile cannot open, the decoder of last resort has read before
    write_ogg(target, audio_blocks(recording), rate=SAMPLE_RATE, n_channels=1)
    return {"file": target.name, "media_type": _OGG}
