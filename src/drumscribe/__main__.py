"""Runs the command line as ``python -m drumscribe``."""

from drumscribe.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
