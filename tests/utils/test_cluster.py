"""Work on a Dask cluster: the bytes of local work, and a killed machine costs only its own."""

import os
import signal
import time
from pathlib import Path

import pytest

from drumscribe import cli
from drumscribe.commands.transcribing import transcribe
from drumscribe.data.preprocess import preprocess
from drumscribe.utils.cluster import cluster_results
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.parallel import parallel_results
from store_fixtures import store_config, takes_of, write_dataset

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", autouse=True)
def distributed():
    """Imported late, as all that every run imports: it takes a third of a second."""
    return pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address(distributed):
    """A cluster of two processes, with what these tests import."""
    here = str(Path(__file__).parent)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", here, prepend=os.pathsep)
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        )
        with cluster:
            yield cluster.scheduler_address


def power(base: int, exponent: int) -> int:
    return base**exponent


def note_and_wait(folder: Path, index: int) -> int:
    """Tells which process does which task, and since when."""
    (folder / f"{index}.{os.getpid()}").touch()
    time.sleep(0.3)
    return index


def test_results_have_the_index_of_their_task_wherever_they_come_from(address):
    tasks = [(n, 2) for n in range(20)]
    expected = [(n, n**2) for n in range(20)]
    assert sorted(cluster_results(address, power, tasks)) == expected
    assert sorted(parallel_results(power, tasks, n_workers=1)) == expected
    assert list(parallel_results(power, [], scheduler=address)) == []


def test_a_worker_killed_in_the_middle_costs_only_its_work(address, tmp_path):
    done = []
    for index, _ in cluster_results(address, note_and_wait, [(tmp_path, n) for n in range(16)]):
        done.append(index)
        if len(done) == 4:
            started = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
            os.kill(int(started[-1].suffix[1:]), signal.SIGKILL)
    assert sorted(done) == list(range(16))
    begun_again = len(list(tmp_path.iterdir())) - 16
    assert begun_again <= 6  # what the worker did, and held the results of


def test_an_error_of_a_task_is_raised_here(address):
    with pytest.raises(TypeError):
        list(cluster_results(address, power, [(2, 2), (2, "2")]))


def test_no_scheduler_is_one_line():
    with pytest.raises(DrumscribeError, match=r"--scheduler tcp://127\.0\.0\.1:9: no Dask"):
        list(cluster_results("tcp://127.0.0.1:9", power, [(2, 2)]))


def test_a_store_made_on_a_cluster_is_the_local_one_to_the_byte(address, tmp_path):
    stores = []
    for name, scheduler in (("here", None), ("there", address)):
        write_dataset(tmp_path / name / "egmd", takes_of(6))
        config = store_config(tmp_path / name)
        preprocess(config, scheduler=scheduler)
        store = config.data.processed_path
        shards = store.rglob("shard-*.h5")
        stores.append({path.relative_to(store): path.read_bytes() for path in shards})
    assert stores[0]
    assert stores[0] == stores[1]


def test_a_folder_is_transcribed_to_the_same_bytes_here_and_there(address, tmp_path, caplog):
    example = (Path(__file__).parents[2] / "examples" / "groove.ogg").read_bytes()
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in ("a", "b"):
        (songs / f"{name}.ogg").write_bytes(example)
    (songs / "bad.wav").write_bytes(b"not audio")
    written = []
    for options in (["--workers", "1"], ["--workers", "2"], ["--scheduler", address]):
        out = tmp_path / options[0].strip("-") / options[1].replace("/", "_")
        arguments = ["transcribe", str(songs), "-o", str(out), *options]
        caplog.clear()
        assert transcribe(cli._parser().parse_args(arguments)) == 1
        assert "1 of 3 recordings failed" in caplog.text
        written.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert set(written[0]) == {"a.mid", "b.mid"}
    assert written[0] == written[1] == written[2]
