"""Measures speed and memory: ``python -m benchmarks`` writes ``docs/benchmarks.md``.

``--quick`` tries every section in small, and ``--only growth`` one of them; both print alone.
"""

import argparse
import importlib
import time
from pathlib import Path

from benchmarks.machine import describe

_PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

Written by `uv run python -m benchmarks`, which takes about six minutes. Machines are noisy: each
figure is the best of several rounds, and ratios compare what ran in turn in one run.

Machine: {machine}
"""

# Imported one by one: worker processes import this module, and should not load torch with it.
_SECTIONS = {
    "cold_start": "From a cold start to a MIDI file",
    "stages": "Transcription by stage",
    "false_alarms": "Hits where there are no drums",
    "log_mel": "Log-mel against librosa",
    "preprocess": "Preprocessing, decoding included",
    "growth": "Preprocessing of more and more recordings",
    "store_reading": "MIDI parsing and store reading",
    "training_step": "Training and its loader",
}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing written")
    parser.add_argument("--only", choices=_SECTIONS, help="one section, nothing written")
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else list(_SECTIONS)
    page = [_HEAD.format(machine=describe())]
    started = time.perf_counter()
    for number, name in enumerate(names, 1):
        minutes = (time.perf_counter() - started) / 60
        print(f"[{number} of {len(names)}, {minutes:.1f} min] {_SECTIONS[name]} ...", flush=True)
        measure = importlib.import_module(f"benchmarks.{name}").lines
        section = [f"## {_SECTIONS[name]}", "", *measure(quick=arguments.quick), ""]
        print("\n".join(section), flush=True)
        page += section
    print(f"{(time.perf_counter() - started) / 60:.1f} min in all")
    if not (arguments.quick or arguments.only):
        _PAGE.write_text("\n".join(page), encoding="utf-8")
        print(f"{_PAGE.name} written")


if __name__ == "__main__":
    main()
