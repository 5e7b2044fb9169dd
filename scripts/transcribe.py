"""Transcribe recordings to MIDI: the same as ``drumscribe transcribe``."""

import sys

from drumscribe.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["transcribe", *sys.argv[1:]]))
