"""Preprocess E-GMD into the feature store: the same as ``drumscribe preprocess``."""

import sys

from drumscribe.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["preprocess", *sys.argv[1:]]))
