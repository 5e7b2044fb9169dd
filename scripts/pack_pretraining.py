"""One zip with all that pretraining needs elsewhere: code, MIDI, and kits while there is room.

    python scripts/pack_pretraining.py --midi GMD --kits KITS -o pretraining.zip

There: ``unzip pretraining.zip && cd pretraining && pip install '.[train]'``, then
``python scripts/pretrain.py --midi midi --kits kits``, and take ``model.onnx`` back.
"""

import argparse
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

from drumscribe.data.render.performances import read_performances
from drumscribe.data.render.sample_kits import INDEX_NAME, read_kits
from drumscribe.data.render.sources import TEST_KITS, VALIDATION_KITS
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path

_REPOSITORY = Path(__file__).parents[1]
_CODE = ("src", "scripts", "configs", "examples", "pyproject.toml", "README.md", "LICENSE")
_TOP = "pretraining"


def main() -> int:
    """Write the zip; kits that no longer fit are left out, held-out test kits always."""
    arguments = _arguments()
    read_kits(arguments.kits)
    read_performances(arguments.midi, "train")
    with atomic_path(arguments.output) as temporary:
        n_kits = _pack(arguments, temporary)
    size_mb = arguments.output.stat().st_size / 1e6
    print(f"{arguments.output}: {n_kits} kits, {size_mb:.1f} MB")
    return 0


def _pack(arguments: argparse.Namespace, target: Path) -> int:
    """Write the zip to ``target``; return how many kits there was room for."""
    room = arguments.max_mb * 1_000_000
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _CODE:
            for path in _files(_REPOSITORY / name):
                archive.write(path, Path(_TOP, path.relative_to(_REPOSITORY)))
        for path in _files(arguments.midi):
            if path.suffix in (".mid", ".midi", ".csv"):
                archive.write(path, Path(_TOP, "midi", path.relative_to(arguments.midi)))
        packed = []
        for kit in _in_order(json.loads((arguments.kits / INDEX_NAME).read_text("utf-8"))):
            files = list(_files(arguments.kits / kit["id"]))
            size = sum(path.stat().st_size for path in files)
            if _written(archive) + size > room:
                continue
            for path in files:
                name = Path(_TOP, "kits", kit["id"], path.relative_to(arguments.kits / kit["id"]))
                archive.write(path, name, zipfile.ZIP_STORED)
            packed.append(kit)
        archive.writestr(f"{_TOP}/kits/{INDEX_NAME}", json.dumps(packed))
    return len(packed)


def _files(path: Path) -> Iterator[Path]:
    """The file itself, or the files of a folder without caches."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def _in_order(kits: list[dict[str, object]]) -> list[dict[str, object]]:
    """Validation kits first, then the training kits in an order that favours none."""
    chosen = [kit for kit in kits if kit["id"] in VALIDATION_KITS]
    others = [kit for kit in kits if kit["id"] not in VALIDATION_KITS + TEST_KITS]
    random.Random(1).shuffle(others)
    return chosen + others


def _written(archive: zipfile.ZipFile) -> int:
    """Bytes in the archive so far, with some for its directory."""
    return sum(info.compress_size + 200 for info in archive.infolist()) + 100_000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--midi", type=Path, required=True, help="the Groove MIDI Dataset")
    parser.add_argument("--kits", type=Path, required=True, help="a folder with kits.json")
    parser.add_argument("--max-mb", type=float, default=64.0, help="(default: 64)")
    parser.add_argument("-o", "--output", type=Path, default=Path("pretraining.zip"))
    return parser.parse_args()


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except DrumscribeError as error:
        raise SystemExit(f"pack_pretraining: {error}") from None
