"""Rendered datasets in E-GMD's layout: read by E-GMD's reader, continued, exact."""

import dataclasses
from pathlib import Path

import pytest

from drumscribe.config import PreprocessingConfig
from drumscribe.data.egmd import read_recordings
from drumscribe.data.egmd_csv import CSV_NAME
from drumscribe.data.recording_processing import label_recording
from drumscribe.data.render.egmd_layout import LayoutJob, spread, write_egmd_layout
from drumscribe.data.render.render_config import EVALUATION
from drumscribe.drums import LANES8
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.sole_writer import sole_writer

DRY = dataclasses.replace(
    EVALUATION, effects=dataclasses.replace(EVALUATION.effects, room=0, compression=0, codec=0)
)


@pytest.fixture
def job(tmp_path: Path, midi_dir: Path, kits_dir: Path) -> LayoutJob:
    return LayoutJob(tmp_path / "out", midi_dir, kits_dir, split="test", render=DRY)


def test_the_reader_of_egmd_reads_it(job: LayoutJob):
    assert write_egmd_layout(job) == 4  # a beat and a fill on two kits
    found = read_recordings(job.folder)
    assert not found.skipped_rows
    assert {recording.kit_name for recording in found.recordings} == {"whole", "part"}
    assert {recording.split for recording in found.recordings} == {"test"}
    for recording in found.recordings:
        labelled = label_recording(job.folder, recording, LANES8, PreprocessingConfig())
        assert abs(labelled.alignment.offset_s) < 0.003
        assert not labelled.unknown_notes
        assert labelled.duration_s == pytest.approx(recording.duration_s, abs=0.01)


def test_it_is_continued(job: LayoutJob):
    write_egmd_layout(job)
    audio = sorted(job.folder.rglob("*.wav"))
    before = [path.read_bytes() for path in audio]
    (job.folder / CSV_NAME).unlink()
    audio[1].unlink()
    assert write_egmd_layout(job) == 4
    assert [path.read_bytes() for path in audio] == before


def test_performances_can_be_fewer(job: LayoutJob):
    assert write_egmd_layout(dataclasses.replace(job, n_performances=1)) == 2


@pytest.mark.parametrize("n_wanted", [1, 2, 64, 65, 100, 128, 129, 500, None])
def test_as_many_as_asked_for_are_spread_over_all(n_wanted: int | None):
    taken = spread(129, n_wanted)
    assert len(taken) == len(set(taken)) == min(n_wanted or 129, 129)
    assert taken == sorted(taken)
    assert taken[0] == 0
    assert len(taken) == 1 or taken[-1] == 128


def test_recordings_of_other_settings_are_not_taken_for_these(job: LayoutJob):
    few = dataclasses.replace(job, n_performances=1)
    write_egmd_layout(few)
    before = {path: path.read_bytes() for path in job.folder.rglob("*") if path.is_file()}
    for other in (dataclasses.replace(few, seed=2), dataclasses.replace(few, render=EVALUATION)):
        with pytest.raises(DrumscribeError, match="out: holds recordings of other settings"):
            write_egmd_layout(other)
    assert {path: path.read_bytes() for path in before} == before
    assert write_egmd_layout(few) == 2


def test_recordings_that_are_not_from_here_are_not_taken_in(job: LayoutJob):
    (job.folder / "drummer1").mkdir(parents=True)
    (job.folder / "drummer1" / "1.wav").touch()
    with pytest.raises(DrumscribeError, match="out: holds recordings of other settings"):
        write_egmd_layout(job)


def test_what_another_run_is_writing_is_left_alone(job: LayoutJob):
    with sole_writer(job.folder):
        with pytest.raises(DrumscribeError, match="out: another run is writing here; wait"):
            write_egmd_layout(job)
        assert [path.name for path in job.folder.iterdir()] == [".writing.lock"]


def test_settings_without_a_recording_do_not_bind(job: LayoutJob):
    write_egmd_layout(job)
    for path in job.folder.rglob("*.wav"):
        path.rename(path.with_name(f".{path.stem}.partial.wav"))  # as a killed run leaves one
    assert write_egmd_layout(dataclasses.replace(job, seed=2)) == 4
    with pytest.raises(DrumscribeError, match="out: holds recordings of other settings"):
        write_egmd_layout(job)


def test_what_a_killed_run_left_half_written_is_removed(job: LayoutJob):
    write_egmd_layout(dataclasses.replace(job, n_performances=1))
    before = {path for path in job.folder.rglob("*") if path.is_file()}
    for folder in {path.parent for path in before}:
        for suffix in (".wav", ".midi", ".csv"):
            (folder / f".abcdef12.partial{suffix}").touch()
    write_egmd_layout(dataclasses.replace(job, n_performances=1))
    assert {path for path in job.folder.rglob("*") if path.is_file()} == before
