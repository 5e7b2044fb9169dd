"""The song as a game plays it: Opus or Vorbis, in stereo where it was, after some silence."""

from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np

from drumscribe.data.audio_processing import checked, open_channels, resample_blocks
from drumscribe.data.ogg_writing import OggCodec, write_ogg
from drumscribe.utils.errors import DrumscribeError

AudioFormat = Literal["opus", "ogg"]

_OPUS_RATE = 48_000
_VORBIS_RATES = (8_000, 48_000)
_COMPRESSION = {"opus": 0.6, "ogg": 0.3}  # about 130 and 190 kbit/s in stereo
_CODECS: dict[AudioFormat, OggCodec] = {"opus": "OPUS", "ogg": "VORBIS"}


def write_song_audio(
    source: Path, target: Path, *, audio_format: AudioFormat, lead_in_s: float
) -> None:
    """Write a recording again with silence before it.

    Args:
        source: any file that can be transcribed.
        target: the file to write.
        audio_format: how to encode it.
        lead_in_s: seconds of silence, kept to the sample.

    Raises:
        DrumscribeError: when ``source`` cannot be decoded or ``target`` not written, or both are
            one file.
    """
    require_another_file(source, target)
    recording = open_channels(source, is_stereo=True)
    rate, n_channels = recording.rate, recording.n_channels
    is_kept = audio_format == "ogg" and _VORBIS_RATES[0] <= rate <= _VORBIS_RATES[1]
    target_rate = rate if is_kept else _OPUS_RATE
    silence = np.zeros((round(lead_in_s * target_rate), n_channels), np.float32)
    blocks = checked(source, recording.blocks, rate, duration_s=recording.duration_s)
    heard = resample_blocks(blocks, rate, to_rate=target_rate, n_channels=n_channels)
    write_ogg(
        target,
        chain([silence], heard),
        rate=target_rate,
        n_channels=n_channels,
        codec=_CODECS[audio_format],
        compression=_COMPRESSION[audio_format],
    )


def require_another_file(source: Path, target: Path) -> None:
    """Refuse to write over a recording or MIDI file that a song is made of.

    Raises:
        DrumscribeError: when both are one file.
    """
    if target.exists() and target.samefile(source):
        raise DrumscribeError(f"{target}: is what the song is made of; name another folder")
