"""The bar of long work: on a terminal, and nothing in a pipe."""

import subprocess
import sys

PROGRAM = """
import sys
from drumscribe.utils.progress import progress_bar
sys.stderr.isatty = lambda: {is_terminal}
with progress_bar("[a].wav", 10.0, unit="s of audio") as advance:
    advance(4.0)
    advance(6.0)
print("rich" in sys.modules)
"""


def run(is_terminal):
    program = PROGRAM.format(is_terminal=is_terminal)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )


def test_a_terminal_shows_what_is_done_of_how_much():
    shown = run(is_terminal=True).stderr
    assert "[a].wav" in shown
    assert "10/10 s of audio" in shown


def test_a_pipe_gets_nothing_and_waits_for_nothing():
    done = run(is_terminal=False)
    assert done.stderr == ""
    assert done.stdout == "False\n"
