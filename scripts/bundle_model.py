"""Put an exported model into the package: ``python scripts/bundle_model.py MODEL.onnx``."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "src" / "drumscribe" / "models" / "pretrained"
_NAME = "drums8"
_DESCRIPTION = "eight lanes, trained on rendered recordings of Groove MIDI on sample kits"


def main(model: Path) -> None:
    """Copy ``model`` and write the index with its hash."""
    _FOLDER.mkdir(exist_ok=True)
    target = _FOLDER / f"{_NAME}.onnx"
    shutil.copyfile(model, target)
    entry = {
        "name": _NAME,
        "description": _DESCRIPTION,
        "file": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
    }
    index = json.dumps([entry], indent=1) + "\n"
    (_FOLDER / "models.json").write_text(index, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
