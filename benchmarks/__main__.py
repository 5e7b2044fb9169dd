"""Runs every benchmark and writes ``docs/benchmarks.md``."""

from pathlib import Path

from benchmarks import (
    cold_start,
    false_alarms,
    growth,
    log_mel,
    preprocess,
    stages,
    store_reading,
    training_step,
)
from benchmarks.machine import describe

_PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

Written by `uv run python -m benchmarks`. Machines are noisy: each figure is the best of several
rounds, and ratios compare what ran in turn in one run.

Machine: {machine}
"""


def main() -> None:
    """Measure, print and write."""
    sections = {
        "From a cold start to a MIDI file": cold_start.lines,
        "Transcription by stage": stages.lines,
        "Hits where there are no drums": false_alarms.lines,
        "Log-mel against librosa": log_mel.lines,
        "Preprocessing, decoding included": preprocess.lines,
        "Preprocessing of more and more recordings": growth.lines,
        "MIDI parsing and store reading": store_reading.lines,
        "Training and its loader": training_step.lines,
    }
    page = [_HEAD.format(machine=describe())]
    for title, measure in sections.items():
        section = [f"## {title}", "", *measure(), ""]
        print("\n".join(section))
        page += section
    _PAGE.write_text("\n".join(page), encoding="utf-8")
    print(f"{_PAGE.name} written")


if __name__ == "__main__":
    main()
