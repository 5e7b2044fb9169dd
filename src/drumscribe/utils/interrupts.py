"""Ctrl-C and SIGTERM, raised where they unwind a command as an error does.

Python runs a signal's handler between any two instructions of the main thread. What is raised in
some of them is dropped, so that the signal would be lost: in the callback of a weak reference, in
``__del__``, in what soundfile has C code call for a file in memory, and in an import, where
extension modules that are starting drop it, or crash.
"""

import _thread
import _weakrefset
import contextlib
import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from types import CodeType, FrameType

_AGAIN_S = 0.02
"""Seconds after which a signal is sent again that could not be raised."""

_CALLED_BY_WEAK_REFERENCES = {weakref.__file__, _weakrefset.__file__}

_CALLED_BY_C = {"__del__", "vio_get_filelen", "vio_seek", "vio_read", "vio_write", "vio_tell"}


class TerminatedError(SystemExit):
    """SIGTERM, as a container or a batch system that ends its jobs sends it."""


@contextlib.contextmanager
def interrupts_raised() -> Iterator[None]:
    """Have SIGTERM raise ``TerminatedError`` in the block, and Ctrl-C ``KeyboardInterrupt``.

    Where it would be dropped the first of them waits, a second Ctrl-C does not. A program that runs
    the block in another thread, or has its own way with a signal, keeps it.
    """
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    if threading.current_thread() is not threading.main_thread():
        usual = {}
    taken = {number: own for number, own in usual.items() if signal.getsignal(number) is own}
    handler = _Handler(n_outside=_n_droppers(sys._getframe()))
    for signum in taken:
        signal.signal(signum, handler.raise_or_wait)
    try:
        yield
    finally:
        for signum, own in taken.items():
            signal.signal(signum, own)
        handler.waiting.clear()


class _Handler:
    """Raises what a signal means, once that is not dropped.

    Args:
        n_outside: calls that drop what is raised, but began before and are no reason to wait.

    Attributes:
        waiting: signals that are sent again soon.
    """

    def __init__(self, *, n_outside: int) -> None:
        self._n_outside = n_outside
        self.waiting: set[int] = set()

    def raise_or_wait(self, signum: int, frame: FrameType | None) -> None:
        """Handle a signal that struck ``frame``."""
        if signum not in self.waiting and _n_droppers(frame) > self._n_outside:
            self.waiting.add(signum)
            # No threading.Thread: its locks may be held by what is interrupted.
            _thread.start_new_thread(self._send_again, (signum,))
            return
        self.waiting.discard(signum)
        raise TerminatedError(128 + signum) if signum == signal.SIGTERM else KeyboardInterrupt

    def _send_again(self, signum: int) -> None:
        time.sleep(_AGAIN_S)
        if signum not in self.waiting:  # a second one was quicker, or the block has ended
            return
        self.waiting.discard(signum)
        main_thread = threading.main_thread().ident
        if hasattr(signal, "pthread_kill") and main_thread is not None:
            signal.pthread_kill(main_thread, signum)  # wakes it where it waits
        else:
            _thread.interrupt_main(signal.Signals(signum))


def _n_droppers(frame: FrameType | None) -> int:
    """How many calls that drop what is raised are under way in ``frame``."""
    n = 0
    while frame is not None:
        n += _drops(frame.f_code)
        frame = frame.f_back
    return n


def _drops(code: CodeType) -> bool:
    """Whether it is run where nobody hears what it raises."""
    return (
        code.co_filename.startswith("<frozen importlib")
        or code.co_filename in _CALLED_BY_WEAK_REFERENCES
        or code.co_name in _CALLED_BY_C
    )
