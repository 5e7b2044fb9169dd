"""Train a model on the feature store: the same as ``drumscribe train``."""

import sys

from drumscribe.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["train", *sys.argv[1:]]))
