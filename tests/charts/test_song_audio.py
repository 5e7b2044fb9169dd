"""The song as a game plays it: never in place of the recording, and read with every check."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from drumscribe.charts.song_audio import write_song_audio
from drumscribe.data.audio_processing import open_channels
from drumscribe.utils.errors import DrumscribeError

RATE = 44_100


def noise(n_channels: int = 2) -> np.ndarray:
    return np.random.default_rng(3).uniform(-0.5, 0.5, (RATE, n_channels))


def refusal_of(source: Path, target: Path) -> str:
    """The line that a song is refused with; nothing may have been written."""
    before = {path: path.read_bytes() for path in source.parent.iterdir()}
    with pytest.raises(DrumscribeError) as info:
        write_song_audio(source, target, audio_format="ogg", lead_in_s=1.0)
    assert {path: path.read_bytes() for path in source.parent.iterdir()} == before
    assert "\n" not in str(info.value)
    return str(info.value)


def test_a_recording_is_never_written_over(tmp_path):
    soundfile.write(tmp_path / "song.ogg", noise(), RATE)
    (tmp_path / "link.ogg").symlink_to(tmp_path / "song.ogg")
    for name in ("song.ogg", "link.ogg"):
        told = refusal_of(tmp_path / "song.ogg", tmp_path / name)
        assert told == f"{tmp_path / name}: is what the song is made of; name another folder"


def test_a_damaged_recording_is_refused_in_one_line(tmp_path):
    source = tmp_path / "damaged.flac"
    soundfile.write(source, noise(), RATE)
    content = bytearray(source.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    source.write_bytes(content)
    assert f"{source}: cannot be decoded" in refusal_of(source, tmp_path / "song.ogg")


def test_samples_that_are_no_numbers_are_refused_with_their_time(tmp_path):
    samples = noise()
    samples[RATE // 2, 1] = np.nan
    soundfile.write(tmp_path / "song.wav", samples, RATE, subtype="FLOAT")
    told = refusal_of(tmp_path / "song.wav", tmp_path / "song.ogg")
    assert "holds NaN or infinite samples near 0.5 s" in told


def test_a_recording_without_sound_is_refused(tmp_path):
    soundfile.write(tmp_path / "song.wav", np.zeros((0, 2)), RATE)
    assert "song.wav: " in refusal_of(tmp_path / "song.wav", tmp_path / "song.ogg")


@pytest.mark.parametrize(("n_channels", "n_written"), [(1, 1), (2, 2), (6, 2)])
def test_a_game_gets_two_channels_at_most(tmp_path, n_channels, n_written):
    soundfile.write(tmp_path / "song.wav", noise(n_channels), RATE)
    write_song_audio(tmp_path / "song.wav", tmp_path / "s.ogg", audio_format="ogg", lead_in_s=0)
    assert soundfile.info(tmp_path / "s.ogg").channels == n_written


@pytest.mark.parametrize("audio_format", ["opus", "ogg"])
def test_no_channel_of_many_is_lost(tmp_path, audio_format):
    samples = noise(4)
    samples[:, :2] = 0
    soundfile.write(tmp_path / "song.wav", samples, RATE)
    target = tmp_path / "song.out"
    write_song_audio(tmp_path / "song.wav", target, audio_format=audio_format, lead_in_s=0)
    written, _ = soundfile.read(target, always_2d=True)
    assert written.shape[1] == 2
    np.testing.assert_allclose(written.std(axis=0), samples.mean(axis=1).std(), rtol=0.1)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_two_channels_are_kept_and_more_are_averaged(tmp_path, n_channels, subtype):
    soundfile.write(tmp_path / "song.wav", noise(n_channels), RATE, subtype=subtype)
    stored, _ = soundfile.read(tmp_path / "song.wav", always_2d=True)
    wanted = stored if n_channels <= 2 else np.repeat(stored.mean(axis=1, keepdims=True), 2, axis=1)
    opened = open_channels(tmp_path / "song.wav", is_stereo=True)
    assert opened.n_channels == wanted.shape[1]
    np.testing.assert_allclose(np.concatenate(list(opened.blocks)), wanted, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 96_000])
@pytest.mark.parametrize("n_samples", [2_000, 44_101, 99_991])
def test_a_song_at_another_rate_keeps_its_length(tmp_path, rate, n_samples):
    samples = np.random.default_rng(4).uniform(-0.5, 0.5, (n_samples, 2))
    soundfile.write(tmp_path / "song.wav", samples, rate)
    target = tmp_path / "song.opus"
    write_song_audio(tmp_path / "song.wav", target, audio_format="opus", lead_in_s=0.5)
    assert len(soundfile.read(target)[0]) == 24_000 + round(n_samples * 48_000 / rate)


def write_m4a(path: Path, samples: np.ndarray, layout: str) -> None:
    av: Any = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout=layout)
        whole = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T, np.float32), "fltp", layout
        )
        whole.sample_rate, whole.pts, whole.time_base = RATE, 0, Fraction(1, RATE)
        fifo = av.AudioFifo()
        fifo.write(whole)
        for frame in fifo.read_many(stream.codec_context.frame_size, partial=True):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(("layout", "n_channels"), [("mono", 1), ("stereo", 2), ("5.1", 6)])
@pytest.mark.parametrize(("audio_format", "rate"), [("opus", 48_000), ("ogg", RATE)])
def test_what_ffmpeg_decodes_keeps_its_length_and_its_sides(
    tmp_path, layout, n_channels, audio_format, rate
):
    samples = noise(n_channels)
    samples[:, 0] *= 0.1
    write_m4a(tmp_path / "song.m4a", samples, layout)
    target = tmp_path / "song.out"
    write_song_audio(tmp_path / "song.m4a", target, audio_format=audio_format, lead_in_s=0.5)
    written, found_rate = soundfile.read(target, always_2d=True)
    assert found_rate == rate
    assert written.shape[1] == min(2, n_channels)
    assert len(written) / rate == pytest.approx(1.5, abs=0.05)
    assert not np.abs(written[: round(0.45 * rate)]).max() > 0.01
    if n_channels == 2:
        assert np.std(written[:, 1]) > 5 * np.std(written[:, 0])
