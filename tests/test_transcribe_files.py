"""What a batch writes and tells, and a batch in which something fails."""

import logging

import mido
import pytest

from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.inference.tempo_hints import TempoHints
from drumscribe.inference.transcriber import Transcription
from drumscribe.output_plan import Job
from drumscribe.tempo import TempoMap
from drumscribe.transcribe_files import TimingOptions, transcribe_files
from drumscribe.utils.errors import DrumscribeError


class StubTranscriber:
    """Hears one kick in every recording but silent ones, and refuses those called bad."""

    def transcribe(self, path, on_progress=None, hints=None):
        if on_progress is not None:
            on_progress(1.0)
        if path.stem == "bad":
            raise DrumscribeError(f"{path}: cannot be decoded")
        heard = [] if path.stem == "silent" else [DrumEvent(0.5, "kick", 90)]
        return Transcription(heard, LANES8, 1.0, TempoMap.steady(120))


def n_notes(path):
    return sum(message.type == "note_on" for message in mido.MidiFile(path))


def jobs_of(folder, *names, formats=("mid",)):
    jobs = []
    for name in names:
        (folder / f"{name}.wav").touch()
        jobs.append(Job(folder / f"{name}.wav", {f: folder / f"{name}.{f}" for f in formats}))
    return jobs


def test_a_batch_with_a_bad_recording_transcribes_the_others_and_tells_at_the_end(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        failures = transcribe_files(StubTranscriber(), jobs_of(tmp_path, "a", "bad", "c"))
    bad = str(tmp_path / "bad.wav")
    assert failures == [f"{bad}: cannot be decoded"]
    assert [n_notes(tmp_path / name) for name in ("a.mid", "c.mid")] == [1, 1]
    assert not (tmp_path / "bad.mid").exists()
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert any(bad in line for line in errors)
    assert "1 of 3 recordings failed" in errors[-1]


def test_a_batch_without_failures_reports_none(tmp_path, caplog):
    with caplog.at_level(logging.ERROR):
        assert transcribe_files(StubTranscriber(), jobs_of(tmp_path, "a", "c")) == []
    assert not caplog.records


def test_the_only_recording_fails_as_an_error(tmp_path):
    with pytest.raises(DrumscribeError, match="cannot be decoded"):
        transcribe_files(StubTranscriber(), jobs_of(tmp_path, "bad"))


def test_an_output_that_cannot_be_written_fails_that_recording_alone(tmp_path):
    jobs = jobs_of(tmp_path, "a", "c")
    (tmp_path / "a.mid").mkdir()
    [failure] = transcribe_files(StubTranscriber(), jobs)
    assert str(tmp_path / "a.mid") in failure
    assert n_notes(tmp_path / "c.mid") == 1


def test_each_format_is_written_as_what_its_name_says(tmp_path):
    transcribe_files(StubTranscriber(), jobs_of(tmp_path, "a", formats=("mid", "csv", "json")))
    starts = {suffix: (tmp_path / f"a.{suffix}").read_bytes()[:4] for suffix in ("mid", "csv")}
    assert starts == {"mid": b"MThd", "csv": b"onse"}
    assert (tmp_path / "a.json").read_text().startswith("{")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a.csv", "a.json", "a.mid", "a.wav"]


def test_the_log_tells_every_file_written(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        transcribe_files(StubTranscriber(), jobs_of(tmp_path, "a", formats=("mid", "csv")))
    assert [record.getMessage() for record in caplog.records] == [
        "a.wav: constant 120.0 BPM, 4/4 (confidence 1.00)",
        *(f"{tmp_path / name}: 1 hits in 1.0 s" for name in ("a.mid", "a.csv")),
    ]


def test_a_recording_without_drums_is_written_with_a_warning(tmp_path, caplog):
    transcribe_files(StubTranscriber(), jobs_of(tmp_path, "a", "silent"))
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == ["silent.wav: no drums are heard in it"]
    assert n_notes(tmp_path / "silent.mid") == 0


class OnBars(StubTranscriber):
    """Hears a kick beside a sixteenth of a track at 120."""

    def transcribe(self, path, on_progress=None, hints=None):
        self.hints = hints
        tempo = TempoMap.steady(120, until_s=4)
        return Transcription([DrumEvent(1.27, "kick", 90)], LANES8, 4.0, tempo)


def test_what_is_written_is_quantized_when_that_is_asked_for(tmp_path, caplog):
    hints = TempoHints(bpm=120.0)
    with caplog.at_level(logging.INFO):
        for division, onset in ((None, "1.27,"), (16, "1.25,")):
            transcriber = OnBars()
            timing = TimingOptions(hints, division)
            transcribe_files(transcriber, jobs_of(tmp_path, "a", formats=("csv",)), timing)
            assert transcriber.hints is hints
            assert (tmp_path / "a.csv").read_text().splitlines()[1].startswith(onset)
    assert "a.wav: constant 120.0 BPM, 4/4 (confidence 1.00)" in caplog.messages
    assert any(
        line.startswith("quantized to 1/16: hits moved by 20 ms") for line in caplog.messages
    )
