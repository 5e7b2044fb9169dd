"""Any audio file becomes mono on our clock with its times kept, or is refused in one line."""

import os
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.data.audio_processing import (
    audio_blocks,
    audio_duration_s,
    find_audio,
    open_channels,
    read_audio,
    resample_blocks,
)
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError

WriteWav = Callable[..., Path]
RATES = [4_000, 8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000]
every_rate = pytest.mark.parametrize("rate", RATES)


def pulse(at_s: float, *, rate: int, duration_s: float = 1.5) -> np.ndarray:
    """A smooth click around ``at_s``, slow enough for the lowest rate, peak 0.9."""
    times_s = np.arange(round(duration_s * rate)) / rate
    return 0.9 * np.exp(-0.5 * ((times_s - at_s) / 0.0004) ** 2)


def peak_s(samples: np.ndarray) -> float:
    """Time of the highest sample of audio on our clock."""
    return float(np.argmax(samples)) / SAMPLE_RATE


def refusal_of(path: Path) -> str:
    """The message that ``path`` is refused with: one line that begins with the file's name."""
    with pytest.raises(DrumscribeError) as info:
        read_audio(path)
    message = str(info.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def write_av(path: Path, samples: np.ndarray, *, codec: str, rate: int) -> None:
    """Encode mono samples with FFmpeg, or skip the test where the codec is not built in."""
    av: Any = pytest.importorskip("av")
    try:
        av.Codec(codec, "w")
    except ValueError:
        pytest.skip(f"PyAV is built without {codec}")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        whole = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
        whole.sample_rate, whole.pts, whole.time_base = rate, 0, Fraction(1, rate)
        fifo = av.AudioFifo()
        fifo.write(whole)
        for frame in fifo.read_many(stream.codec_context.frame_size, partial=True):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


# Formats, rates, channels


@pytest.mark.parametrize(
    ("subtype", "tolerance"),
    [
        ("PCM_U8", 2**-7),
        ("PCM_16", 2**-14),
        ("PCM_24", 2**-22),
        ("PCM_32", 1e-6),
        ("FLOAT", 1e-6),
        ("DOUBLE", 1e-6),
    ],
)
def test_samples_of_every_depth_are_scaled_to_full_scale_one(
    write_wav: WriteWav, rng: np.random.Generator, subtype: str, tolerance: float
) -> None:
    samples = rng.uniform(-0.99, 0.99, 1000)
    read = read_audio(write_wav(samples, SAMPLE_RATE, subtype=subtype))
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, samples, rtol=0, atol=tolerance)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "au", "caf", "w64"])
@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_samples_of_16_bits_are_the_floats_that_libsndfile_makes_of_them(
    tmp_path: Path, suffix: str, n_channels: int
) -> None:
    every_value = np.arange(-(2**15), 2**15, dtype=np.int16)
    samples = np.stack([np.roll(every_value, 777 * i) for i in range(n_channels)], axis=1)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16")
    floats, _ = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(read_audio(path), floats.mean(axis=1, dtype=np.float32))


@pytest.mark.parametrize("n_channels", range(1, 9))
def test_channels_are_averaged(
    write_wav: WriteWav, rng: np.random.Generator, n_channels: int
) -> None:
    samples = rng.uniform(-0.9, 0.9, (1000, n_channels))
    read = read_audio(write_wav(samples, SAMPLE_RATE, subtype="FLOAT"))
    assert read.shape == (1000,)
    np.testing.assert_allclose(read, samples.mean(axis=1), atol=1e-6)


@every_rate
@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_click_stays_within_a_sample_of_its_time_at_every_rate(
    write_wav: WriteWav, rate: int, n_channels: int
) -> None:
    for at_s in (0.01, 0.123456, 1.49):
        samples = np.repeat(pulse(at_s, rate=rate)[:, None], n_channels, axis=1)
        read = read_audio(write_wav(samples, rate, subtype="FLOAT"))
        assert abs(peak_s(read) - at_s) <= 1 / SAMPLE_RATE
        assert read.max() == pytest.approx(0.9, abs=0.02)


@pytest.mark.slow
def test_a_click_late_in_a_long_recording_has_not_drifted(write_wav: WriteWav) -> None:
    samples = pulse(119.5, rate=48_000, duration_s=120)
    assert abs(peak_s(read_audio(write_wav(samples, 48_000))) - 119.5) <= 1 / SAMPLE_RATE


@every_rate
def test_the_length_is_the_duration_to_the_nearest_sample(write_wav: WriteWav, rate: int) -> None:
    for n_samples in (rate // 1000 + 2, 12_345, rate + 1):
        read = read_audio(write_wav(np.zeros(n_samples), rate))
        assert len(read) == round(n_samples * SAMPLE_RATE / rate)


def test_what_lies_above_our_nyquist_frequency_does_not_fold_back(write_wav: WriteWav) -> None:
    tone = np.sin(2 * np.pi * 18_000 * np.arange(44_100) / 44_100)
    assert np.abs(read_audio(write_wav(tone, 44_100))[100:-100]).max() < 1e-3


@pytest.mark.parametrize("name", ["a.flac", "a.aiff", "a.au", "a.caf", "a.w64", "a.rf64"])
def test_lossless_formats_are_read_exactly(
    write_wav: WriteWav, rng: np.random.Generator, name: str
) -> None:
    samples = rng.uniform(-0.9, 0.9, 3000)
    np.testing.assert_allclose(
        read_audio(write_wav(samples, SAMPLE_RATE, name)), samples, atol=1e-4
    )


@pytest.mark.parametrize(
    ("name", "subtype"), [("a.ogg", "VORBIS"), ("a.mp3", "MPEG_LAYER_III"), ("a.opus", "OPUS")]
)
def test_lossy_formats_keep_times_and_length(write_wav: WriteWav, name: str, subtype: str) -> None:
    if subtype not in soundfile.available_subtypes():
        pytest.skip(f"this libsndfile is built without {subtype}")
    options = {"format": "OGG"} if subtype == "OPUS" else {}
    path = write_wav(pulse(0.7, rate=48_000), 48_000, name, subtype=subtype, **options)
    read = read_audio(path)
    assert abs(peak_s(read) - 0.7) <= 1 / SAMPLE_RATE
    assert len(read) == pytest.approx(1.5 * SAMPLE_RATE, abs=2)


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.m4a", "aac", 44_100),
        ("a.mp4", "aac", 48_000),
        ("lossless.m4a", "alac", 44_100),
        ("a.webm", "libopus", 48_000),
        ("a.mka", "flac", 44_100),
    ],
)
def test_what_libsndfile_cannot_decode_keeps_its_times_too(
    tmp_path: Path, name: str, codec: str, rate: int
) -> None:
    path = tmp_path / name
    write_av(path, pulse(0.7, rate=rate), codec=codec, rate=rate)
    read = read_audio(path)
    assert abs(peak_s(read) - 0.7) <= 1 / SAMPLE_RATE
    assert read.max() == pytest.approx(0.9, abs=0.1)
    assert abs(len(read) / SAMPLE_RATE - 1.5) <= 0.05  # codecs pad their last block


def test_a_title_with_a_colon_is_a_file_and_not_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_av(tmp_path / "a.m4a", pulse(0.7, rate=44_100), codec="aac", rate=44_100)
    if os.name == "nt":
        pytest.skip("Windows has no such names")
    (tmp_path / "a.m4a").rename(tmp_path / "Artist: title.m4a")
    monkeypatch.chdir(tmp_path)
    assert abs(peak_s(read_audio(Path("Artist: title.m4a"))) - 0.7) <= 1 / SAMPLE_RATE


def test_names_in_any_script_are_read(write_wav: WriteWav) -> None:
    path = write_wav(pulse(0.7, rate=44_100), 44_100, "ドラム größe #1%20.wav")
    assert len(read_audio(path)) == 1.5 * SAMPLE_RATE


def test_the_suffix_does_not_matter(write_wav: WriteWav, tmp_path: Path) -> None:
    path = write_wav(pulse(0.7, rate=44_100), 44_100)
    assert len(read_audio(path.rename(tmp_path / "take one"))) == 1.5 * SAMPLE_RATE


# Blocks

EMPTY = np.zeros(0, np.float32)


def test_blocks_together_are_the_whole_and_none_is_empty(
    write_wav: WriteWav, rng: np.random.Generator
) -> None:
    path = write_wav(rng.uniform(-0.5, 0.5, (44_100 * 25, 2)), 44_100)
    blocks = list(audio_blocks(path))
    assert len(blocks) > 2
    assert all(block.ndim == 1 and block.dtype == np.float32 and len(block) for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks), read_audio(path))


@given(
    st.sampled_from([8_000, 22_050, 44_100, 48_000]),
    st.lists(st.integers(0, 9_000), min_size=1, max_size=8),
)
def test_resampling_does_not_depend_on_the_blocks(rate: int, lengths: list[int]) -> None:
    samples = np.random.default_rng(2).uniform(-1, 1, sum(lengths)).astype(np.float32)
    pieces = np.split(samples, np.cumsum(lengths)[:-1])
    in_pieces = np.concatenate(list(resample_blocks(pieces, rate)))
    whole = np.concatenate(list(resample_blocks([samples], rate)))
    assert len(in_pieces) == round(len(samples) * SAMPLE_RATE / rate)
    np.testing.assert_allclose(in_pieces, whole, atol=1e-6)


@given(
    st.sampled_from([11_025, 44_100, 48_000, 96_000]),
    st.lists(st.integers(0, 9_000), max_size=4),
    st.integers(1, 3),
)
def test_every_channel_is_resampled_as_it_is_alone(
    rate: int, lengths: list[int], n_channels: int
) -> None:
    rng = np.random.default_rng(2)
    blocks = [rng.uniform(-1, 1, (n, n_channels)).astype(np.float32) for n in lengths]
    found = list(resample_blocks(blocks, rate, to_rate=48_000, n_channels=n_channels))
    assert sum(map(len, found)) == round(sum(lengths) * 48_000 / rate)
    for channel in range(n_channels):
        alone = resample_blocks([block[:, channel] for block in blocks], rate, to_rate=48_000)
        own = [block.reshape(-1, n_channels)[:, channel] for block in found]
        np.testing.assert_array_equal(
            np.concatenate([EMPTY, *own]), np.concatenate([EMPTY, *alone])
        )


# Refusals


@pytest.mark.parametrize(
    ("head", "has_advice"), [(b"RIFF", 0), (b"fLaC", 0), (b"OggS", 0), (b"\0\0\0\x20ftyp", 1)]
)
def test_pyav_is_advised_where_it_may_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, has_advice: int
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    path = tmp_path / "broken.wav"
    path.write_bytes(head + bytes(100))
    with pytest.raises(DrumscribeError, match=r"broken\.wav: ") as info:
        open_channels(path)
    assert ("install PyAV" in str(info.value)) == has_advice
    assert ("is it a whole audio file?" in str(info.value)) != has_advice


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused_with_their_time(
    write_wav: WriteWav, bad: float
) -> None:
    samples = np.zeros(SAMPLE_RATE * 15)
    samples[round(12.3 * SAMPLE_RATE)] = bad
    path = write_wav(samples, SAMPLE_RATE, subtype="FLOAT")
    assert "holds NaN or infinite samples near 12.3 s" in refusal_of(path)


def test_a_file_without_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    assert "is empty" in refusal_of(tmp_path / "empty.wav")


@pytest.mark.parametrize("rate", [22_050, 44_100])
@pytest.mark.parametrize("name", ["no_samples.wav", "no_samples.flac"])
def test_a_file_without_samples_is_refused(write_wav: WriteWav, name: str, rate: int) -> None:
    refusal_of(write_wav(np.zeros(0), rate, name))


@pytest.mark.parametrize(
    "content",
    [b"not audio at all\n" * 20, b"\0" * 1000, b"RIFF", b"ID3\4\0\0\0\0\0\0", b"#EXTM3U\na.wav\n"],
    ids=["text", "zeros", "RIFF", "ID3", "playlist"],
)
def test_what_is_no_audio_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    for name in ("song.wav", "song.mp3", "song.m4a"):
        (tmp_path / name).write_bytes(content)
        refusal_of(tmp_path / name)


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "no such audio file" in refusal_of(tmp_path / "absent.wav")
    assert "is a folder" in refusal_of(tmp_path)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.m4a"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
def test_a_file_that_was_cut_short_is_refused(
    write_wav: WriteWav, rng: np.random.Generator, tmp_path: Path, name: str, share: float
) -> None:
    samples = rng.uniform(-0.5, 0.5, 44_100)
    if name == "a.m4a":
        write_av(tmp_path / name, samples, codec="aac", rate=44_100)
    else:
        write_wav(samples, 44_100, name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(share * len(content))])
    refusal_of(tmp_path / name)


def test_a_wav_written_to_a_pipe_has_no_true_length_and_is_read(write_wav: WriteWav) -> None:
    path = write_wav(pulse(0.7, rate=44_100), 44_100)
    content = bytearray(path.read_bytes())
    size = content.index(b"data") + 4
    content[4:8] = content[size : size + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert abs(peak_s(read_audio(path)) - 0.7) <= 1 / SAMPLE_RATE


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.m4a"])
@given(
    edits=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=5),
    from_end=st.booleans(),
)
def test_a_damaged_file_is_read_or_refused_in_one_line(
    sound_files: dict[str, bytes],
    tmp_path: Path,
    name: str,
    edits: list[tuple[int, int]],
    from_end: bool,
) -> None:
    content = bytearray(sound_files[name])
    for place, value in edits:
        content[-1 - place if from_end else place] = value
    path = tmp_path / name
    path.write_bytes(content)
    try:
        read_audio(path)
    except DrumscribeError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Small sound files of several formats by name."""
    folder = tmp_path_factory.mktemp("sound")
    samples = pulse(0.1, rate=16_000, duration_s=0.2)
    for name in ("a.wav", "a.flac", "a.ogg", "a.mp3"):
        soundfile.write(folder / name, samples, 16_000)
    write_av(folder / "a.m4a", samples, codec="aac", rate=16_000)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# Looking for audio


def test_the_duration_is_known_from_the_header(write_wav: WriteWav, tmp_path: Path) -> None:
    assert audio_duration_s(write_wav(np.zeros(48_000), 32_000)) == 1.5
    (tmp_path / "text.wav").write_text("no audio")
    assert audio_duration_s(tmp_path / "text.wav") is None


def test_audio_is_found_in_folders_by_its_suffix_in_order(tmp_path: Path) -> None:
    for name in ("b.WAV", "a/z.mp3", "a/notes.txt", "a/.hidden.wav", "c.m4a", "d.mid"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in find_audio(tmp_path)]
    assert found == ["a/z.mp3", "b.WAV", "c.m4a"]


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are UTF-8 there")
def test_a_name_that_is_not_utf8_is_a_name(write_wav: WriteWav, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    write_wav(np.zeros(48_000), 32_000).rename(path)
    assert audio_duration_s(path) == 1.5
    assert len(read_audio(path)) == 1.5 * SAMPLE_RATE
    path.write_bytes(b"no audio")
    assert "cannot be decoded" in refusal_of(path)
    assert audio_duration_s(path) is None
