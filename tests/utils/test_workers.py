"""Worker processes do their work in one thread each and outlive neither the block nor its owner."""

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path
from drumscribe.utils.workers import SPAWN, mapped, worker_pool

SLEEPER = """
import time
from drumscribe.utils.workers import worker_pool
if __name__ == "__main__":
    with worker_pool(2) as pool:
        list(pool.map(time.sleep, [0.2, 0.2]))
        futures = [pool.submit(time.sleep, 60) for _ in range(9)]
        print("started", flush=True)
        futures[0].result()
"""


def pid_of(_task: int) -> int:
    return os.getpid()


def test_mapping_keeps_the_order_and_stays_here_for_one_process_or_task() -> None:
    for n_workers in (0, 1, 2):
        assert list(mapped(math.sqrt, [4, 9, 16], n_workers)) == [2, 3, 4]
    assert list(mapped(math.sqrt, [], 2)) == []
    here = {os.getpid()}
    assert set(mapped(pid_of, [1, 2], 1)) == set(mapped(pid_of, [1], 2)) == here
    assert here.isdisjoint(mapped(pid_of, [1, 2], 2))


def test_mapping_in_chunks_loses_none_and_adds_none() -> None:
    squares = [n * n for n in range(7)]
    for chunksize in (1, 2, 3, 7, 8):
        assert list(mapped(math.isqrt, squares, 2, chunksize=chunksize)) == list(range(7))


def test_mapping_that_is_left_lets_its_workers_end_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[object] = []
    monkeypatch.setattr(threading, "excepthook", said.append)
    shutdown = ProcessPoolExecutor.shutdown

    def late_shutdown(pool: ProcessPoolExecutor, **how: bool) -> None:
        time.sleep(0.3)  # the pool's own thread sees first that its workers have ended
        shutdown(pool, **how)

    monkeypatch.setattr(ProcessPoolExecutor, "shutdown", late_shutdown)
    results = mapped(time.sleep, [0.0, *[5.0] * 50], 2)
    assert next(results) is None
    results.close()  # as Ctrl-C does
    assert said == []


def test_work_is_done_in_order_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with worker_pool(1) as pool:
        assert list(pool.map(math.sqrt, [4, 9, 16])) == [2, 3, 4]
        assert pool.submit(os.getpid).result() != os.getpid()
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert pool.submit(os.getenv, "MKL_NUM_THREADS").result() == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_workers_are_started_with_what_they_share() -> None:
    counter = SPAWN.Value("d", 0.0)
    with worker_pool(1, start=setattr, start_arguments=(counter, "value", 3.0)) as pool:
        pool.submit(os.getpid).result()
    assert counter.value == 3.0


@pytest.mark.slow
def test_an_error_cancels_the_work_that_has_not_begun() -> None:
    begun = time.monotonic()
    with pytest.raises(ValueError, match="math domain"), worker_pool(1) as pool:
        failing = pool.submit(math.sqrt, -1)
        for _ in range(60):
            pool.submit(time.sleep, 1)
        failing.result()
    assert time.monotonic() - begun < 20


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(DrumscribeError, match=r"was killed \(out of memory\?\)"):  # noqa: SIM117
        with worker_pool(1) as pool:
            pool.submit(os._exit, 9).result()


def write_slowly(target: Path) -> None:
    """Write half a file, then compute in one stretch that no other thread gets between."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"half")
        if target.stem == "busy":
            pow(3, 3_000_000)
        time.sleep(60)


@pytest.mark.skipif(os.name == "nt", reason="processes are ended in another way there")
@pytest.mark.parametrize("how", ["Ctrl-C", "a killed worker"])
def test_no_worker_leaves_half_a_file_however_busy_it_is(tmp_path: Path, how: str) -> None:
    expected = KeyboardInterrupt if how == "Ctrl-C" else DrumscribeError
    with pytest.raises(expected), worker_pool(2) as pool:
        idle, busy = (pool.submit(write_slowly, tmp_path / name) for name in ("idle.a", "busy.a"))
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)
        if how == "Ctrl-C":
            raise KeyboardInterrupt
        victim = next(iter(pool._processes.values()))
        os.kill(victim.pid, signal.SIGKILL)
        idle.result()
        busy.result()
    assert len(list(tmp_path.iterdir())) == (0 if how == "Ctrl-C" else 1)  # the victim's own


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_main_process_at_once(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "run.py"
    script.write_text(SLEEPER)
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    task = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    children = [int(child) for child in task.read_text().split()]
    assert len(children) >= 2
    if how == signal.SIGINT:
        for child in children:  # as a terminal does
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, how)
    process.send_signal(how)
    _, said = process.communicate(timeout=30)
    assert said.count("KeyboardInterrupt") <= 1  # the main process's own
    end = time.monotonic() + 10
    while any(is_running(child) for child in children):
        assert time.monotonic() < end, "a worker outlived its main process"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


@pytest.mark.skipif(os.name == "nt", reason="signals are not blocked there")
def test_sigterm_waits_until_a_worker_is_started_which_hears_it_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[int] = []
    heard_within = []
    submit = ProcessPoolExecutor.submit

    def interrupted_submit(*arguments: object) -> object:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        heard_within.extend(heard)
        return submit(*arguments)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", interrupted_submit)
    before = signal.signal(signal.SIGTERM, lambda signum, _frame: heard.append(signum))
    try:
        with worker_pool(1) as pool:
            blocked = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (heard_within, heard) == ([], [signal.SIGTERM])
    assert signal.SIGTERM not in blocked


def test_ctrl_c_waits_also_where_the_first_shared_thing_of_a_process_is_made():
    program = (
        "import signal\n"
        "from drumscribe.utils.workers import SPAWN, ctrl_c_waits\n"
        "with ctrl_c_waits():\n"
        "    SPAWN.Lock()\n"
        "    assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
        "assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
