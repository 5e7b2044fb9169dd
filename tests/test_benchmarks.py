"""The benchmarks run as a whole, and what they measure with is what it says."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"


@pytest.mark.slow
def test_recordings_beyond_the_synthesised_are_links_with_rows_of_their_own(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.material import write_recordings

    from drumscribe.data.egmd import read_recordings

    duration_s = write_recordings(tmp_path, 45, length_s=2.0)
    found = read_recordings(tmp_path)
    assert len(found.recordings) == 45
    assert not found.skipped_rows
    assert sum(r.duration_s for r in found.recordings) == pytest.approx(duration_s)
    for recording in found.recordings:
        assert (tmp_path / recording.midi_filename).is_file()
    files = [(tmp_path / r.audio_filename).stat() for r in found.recordings]
    assert len({file.st_ino for file in files}) == 40


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_section_runs_in_small_and_writes_nothing():
    before = PAGE.read_bytes()
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("\n## ") == 8
    assert PAGE.read_bytes() == before
