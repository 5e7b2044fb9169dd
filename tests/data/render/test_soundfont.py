"""Instruments of a SoundFont: tones of the right pitch and length, percussion, bad files."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from drumscribe.data.render.backing import AccompanimentSources, draw_backing, percussion_part
from drumscribe.data.render.render_config import BackingConfig, RenderConfig
from drumscribe.data.render.rendered_recording import render_recording
from drumscribe.data.render.soundfont import SampledInstrument, SoundFont
from drumscribe.data.render.soundfont_kits import require_playable
from drumscribe.data.render.sources import open_sources
from drumscribe.tempo import TempoMap
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError

pytest.importorskip("tinysoundfont")

TEMPO = TempoMap.steady(120, until_s=4)
N_SAMPLES = 4 * SAMPLE_RATE


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def sound_font(presets: list[tuple[int, int]]) -> bytes:
    """A SoundFont whose presets, (bank, program), all play one second of a sine of 440 Hz."""
    sine = np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    samples = np.concatenate([(sine * 20_000).astype("<i2"), np.zeros(46, "<i2")]).tobytes()
    headers = b"".join(
        struct.pack("<20sHHHIII", b"sine", program, bank, index, 0, 0, 0)
        for index, (bank, program) in enumerate(presets)
    ) + struct.pack("<20sHHHIII", b"EOP", 0, 0, len(presets), 0, 0, 0)
    n_presets = len(presets)
    to_instrument = struct.pack("<HH", 41, 0) * n_presets + struct.pack("<HH", 0, 0)
    root, sample_id = 69, 0
    zone = struct.pack("<HHHH", 58, root, 53, sample_id)
    parts = {
        b"phdr": headers,
        b"pbag": b"".join(struct.pack("<HH", index, 0) for index in range(n_presets + 1)),
        b"pmod": bytes(10),
        b"pgen": to_instrument,
        b"inst": struct.pack("<20sH20sH", b"sine", 0, b"EOI", 1),
        b"ibag": struct.pack("<HHHH", 0, 0, 2, 0),
        b"imod": bytes(10),
        b"igen": zone + struct.pack("<HH", 0, 0),
        b"shdr": struct.pack(
            "<20sIIIIIBbHH", b"sine", 0, SAMPLE_RATE, 0, SAMPLE_RATE, SAMPLE_RATE, root, 0, 0, 1
        )
        + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    body = chunk(b"LIST", b"INFO" + chunk(b"ifil", struct.pack("<HH", 2, 1)))
    body += chunk(b"LIST", b"sdta" + chunk(b"smpl", samples))
    body += chunk(b"LIST", b"pdta" + b"".join(chunk(*part) for part in parts.items()))
    return chunk(b"RIFF", b"sfbk" + body)


@pytest.fixture
def font(tmp_path: Path) -> SoundFont:
    path = tmp_path / "sine.sf2"
    path.write_bytes(sound_font([*((0, program) for program in range(128)), (128, 0)]))
    return SoundFont(path)


@pytest.mark.parametrize(("pitch", "frequency_hz"), [(69, 440), (81, 880), (57, 220)])
def test_a_tone_has_its_pitch_and_length(font: SoundFont, pitch: int, frequency_hz: float):
    tone = SampledInstrument(font, 0, 100).tone(pitch, 0.25)
    assert tone.dtype == np.float32
    assert 0.25 <= len(tone) / SAMPLE_RATE <= 0.25 + 0.5
    held = tone[: SAMPLE_RATE // 4]
    loudest = np.argmax(np.abs(np.fft.rfft(held * np.hanning(len(held)))))
    assert loudest * SAMPLE_RATE / len(held) == pytest.approx(frequency_hz, abs=5)


def test_tones_do_not_ring_into_one_another(font: SoundFont):
    alone = font.tone(0, 69, 100, 0.1)
    font.tone(0, 50, 127, 2.0)
    assert np.array_equal(font.tone(0, 69, 100, 0.1), alone)


def test_programs_and_drum_sets_are_known(tmp_path: Path):
    path = tmp_path / "few.sf2"
    path.write_bytes(sound_font([(0, 33), (128, 0), (128, 8)]))
    font = SoundFont(path)
    assert [program for program in range(128) if font.has_program(program)] == [33]
    assert list(font.drum_sets()) == [0, 8]
    assert np.abs(font.struck(54, 100)).max() > 0


def test_a_band_of_recorded_instruments_plays(font: SoundFont, rng: np.random.Generator):
    config = BackingConfig(bass=1, chords=1, lead=1, voice=0, riser=0, partial=0, sampled=1)
    recorded = AccompanimentSources(font)
    sound, parts = draw_backing(TEMPO, N_SAMPLES, config, rng, recorded)
    assert {"bass", "chords", "lead"} <= set(parts)
    assert np.sqrt(np.mean(sound**2)) > 0.01
    assert np.abs(percussion_part(TEMPO, N_SAMPLES, config, rng, recorded)).max() > 0


@pytest.mark.parametrize("content", [b"", b"RIFF nonsense", b"\0" * 1000])
def test_what_is_no_sound_font_is_named(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.sf2"
    path.write_bytes(content)
    with pytest.raises(DrumscribeError, match=r"broken\.sf2: is not a SoundFont"):
        SoundFont(path)


def with_bytes(content: bytes, new: bytes, *, after: bytes, at: int) -> bytes:
    """``content`` with some of its bytes replaced, so far into the chunk of that name."""
    start = content.index(after) + 8 + at
    return content[:start] + new + content[start + len(new) :]


def test_names_in_another_encoding_are_no_matter(tmp_path: Path):
    content = sound_font([(0, 0), (128, 0)])
    for number in range(2):
        name = "Flügel".encode("latin-1")
        content = with_bytes(content, name, after=b"phdr", at=38 * number)
    path = tmp_path / "german.sf2"
    path.write_bytes(content)
    font = SoundFont(path)
    assert font.has_program(0)
    assert list(font.drum_sets()) == [0]


@pytest.mark.slow
def test_a_sound_font_that_crashes_its_reader_is_refused(tmp_path: Path):
    good, bad = tmp_path / "good.sf2", tmp_path / "bad.sf2"
    good.write_bytes(sound_font([(0, 0), (128, 0)]))
    bad.write_bytes(with_bytes(good.read_bytes(), b"\xff\xff", after=b"phdr", at=24))
    require_playable(good)
    with pytest.raises(DrumscribeError, match=r"bad\.sf2: is damaged"):
        require_playable(bad)


def test_what_lacks_is_installed_with_what_rendering_needs(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    (tmp_path / "a.sf2").touch()
    with pytest.raises(DrumscribeError, match="need tinysoundfont; in the checkout use 'uv sync'"):
        SoundFont(tmp_path / "a.sf2")


def test_an_absent_sound_font_is_named(tmp_path: Path):
    with pytest.raises(DrumscribeError, match=r"none\.sf2"):
        SoundFont(tmp_path / "none.sf2")


def test_its_drum_sets_are_kits(tmp_path: Path, midi_dir: Path):
    path = tmp_path / "drums.sf2"
    path.write_bytes(sound_font([(128, 0), (128, 8)]))
    sources = open_sources(midi_dir, path, "train")
    assert [kit.id for kit in sources.kits] == ["drums_0", "drums_8"]
    soft, *_, loud = sources.kits[0].notes[36]
    assert (soft.low, loud.high) == (0, 127)
    levels = [sources.cache.get("drums_0", layer.sounds[0]).level_db for layer in (soft, loud)]
    assert levels[0] < levels[1]
    recording = render_recording((1, 0), sources, RenderConfig(duration_s=(2, 3)))
    assert np.abs(recording.samples).max() > 0
