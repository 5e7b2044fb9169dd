"""The cores that a process may use: bound, granted, or those of the machine."""

import os
import subprocess
import sys

import pytest

from drumscribe.utils import cores
from drumscribe.utils.cores import n_usable_cores, worker_count
from drumscribe.utils.errors import DrumscribeError


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Makes a machine of eight cores, ``n_bound`` of them for us, with a container's ``quota``."""

    def make(n_bound, quota=None):
        monkeypatch.setattr(os, "cpu_count", lambda: 8)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(n_bound)), raising=False)
        monkeypatch.setattr(cores, "_QUOTA", tmp_path / "cpu.max")
        if quota is not None:
            (tmp_path / "cpu.max").write_text(quota)

    return make


def test_a_process_that_is_bound_to_some_cores_has_those(machine):
    machine(3)
    assert n_usable_cores() == 3


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 1),
        ("50000 100000\n", 1),
        ("1600000 100000\n", 4),
        ("max 100000\n", 4),
        ("", 4),
        ("1 0", 4),
    ],
)
def test_a_container_has_the_whole_cores_of_its_share_of_time(machine, quota, expected):
    machine(4, quota)
    assert n_usable_cores() == expected


def test_where_processes_cannot_be_bound_it_is_the_machine_that_counts(machine, monkeypatch):
    machine(3)
    monkeypatch.delattr(os, "sched_getaffinity")
    assert n_usable_cores() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert n_usable_cores() == 1


def test_no_number_of_workers_is_one_for_each_core(machine):
    machine(3)
    assert (worker_count(0), worker_count(1), worker_count(5)) == (3, 1, 5)
    with pytest.raises(DrumscribeError, match=r"--workers -1: must be 1 or more, or 0 for all"):
        worker_count(-1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="binds itself as Linux can")
def test_a_process_bound_to_one_core_has_one():
    program = (
        "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "from drumscribe.utils.cores import n_usable_cores; sys.exit(n_usable_cores())"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 1
