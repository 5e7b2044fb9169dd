"""Ctrl-C and SIGTERM are raised, once, and never where they would be lost."""

import importlib
import io
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumscribe.utils.interrupts import TerminatedError, interrupts_raised

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGTERM ends a process there")

RAISED = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: TerminatedError}
each_signal = pytest.mark.parametrize("signum", RAISED)


@pytest.fixture(autouse=True)
def usual_handlers() -> Iterator[None]:
    before = {signum: signal.getsignal(signum) for signum in RAISED}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


def wait_to_be_stopped() -> None:
    time.sleep(20)
    raise AssertionError("the signal was lost")


def import_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "made_for_a_test.py").write_text("import signal, time\n" + text)
    monkeypatch.delitem(sys.modules, "made_for_a_test", raising=False)
    importlib.import_module("made_for_a_test")


@each_signal
def test_a_signal_is_raised_at_once_and_means_afterwards_what_it_did(signum: int) -> None:
    before = signal.getsignal(signum)
    reached = False
    with pytest.raises(RAISED[signum]) as raised, interrupts_raised():
        signal.raise_signal(signum)
        reached = True
    assert not reached
    assert signal.getsignal(signum) is before
    if signum == signal.SIGTERM:
        assert raised.value.code == 143


@each_signal
def test_a_signal_in_an_import_waits_for_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signum: int
) -> None:
    text = f"signal.raise_signal({int(signum)}); time.sleep(0.1); whole = True"
    with pytest.raises(RAISED[signum]), interrupts_raised():
        import_of(tmp_path, monkeypatch, text)
        wait_to_be_stopped()
    assert sys.modules["made_for_a_test"].whole


@each_signal
def test_a_signal_in_a_destructor_is_not_lost(signum: int) -> None:
    class Ending:
        def __del__(self) -> None:
            signal.raise_signal(signum)

    with pytest.raises(RAISED[signum]), interrupts_raised():
        Ending()
        wait_to_be_stopped()


@each_signal
def test_a_signal_in_the_callback_of_a_weak_reference_is_not_lost(signum: int) -> None:
    with pytest.raises(RAISED[signum]), interrupts_raised():
        weakref.finalize(set(), signal.raise_signal, signum)
        wait_to_be_stopped()


@each_signal
def test_a_signal_while_sound_in_memory_is_read_is_not_lost(signum: int) -> None:
    class Sound(io.BytesIO):
        was_read = False

        def readinto(self, buffer: object) -> int:
            if not self.was_read:
                self.was_read = True
                signal.raise_signal(signum)
            return super().readinto(buffer)

    sound = Sound()
    soundfile.write(sound, np.zeros(100), 22_050, format="WAV")
    sound.seek(0)
    with pytest.raises(RAISED[signum]), interrupts_raised():
        soundfile.read(sound)
        wait_to_be_stopped()


def test_whoever_presses_ctrl_c_twice_does_not_wait_for_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "for _ in range(2):\n    signal.raise_signal(signal.SIGINT)\nraise ValueError"
    with pytest.raises(KeyboardInterrupt), interrupts_raised():
        import_of(tmp_path, monkeypatch, text)
    time.sleep(0.1)  # nothing comes after it


def test_an_import_that_runs_a_command_is_no_reason_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from drumscribe.utils.interrupts import interrupts_raised\n"
        "with interrupts_raised():\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    raise ValueError"
    )
    with pytest.raises(KeyboardInterrupt):
        import_of(tmp_path, monkeypatch, text)


def test_signals_that_others_handle_stay_theirs() -> None:
    heard = []
    signal.signal(signal.SIGTERM, lambda signum, _frame: heard.append(signum))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_raised():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert heard == [signal.SIGTERM]


def test_another_thread_may_run_the_block() -> None:
    entered = []

    def enter() -> None:
        with interrupts_raised():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [signal.SIG_DFL]
