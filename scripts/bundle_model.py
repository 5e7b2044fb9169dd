"""Put an exported model into the package: ``python scripts/bundle_model.py MODEL.onnx [NAME]``."""

import argparse
import json
import shutil
from pathlib import Path

from drumscribe.models.load import load_model
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import file_sha256

_FOLDER = Path(__file__).parents[1] / "src" / "drumscribe" / "models" / "pretrained"
_DESCRIPTIONS = {
    "drums8": "eight lanes, trained on rendered recordings of Groove MIDI on sample kits",
    "drums8-live": "the same for 'drumscribe live': hears 30 ms ahead and no more",
}


def main(model: Path, name: str) -> None:
    """Copy ``model``, if it is one, and write its entry of the index, with its hash."""
    load_model(model)
    _FOLDER.mkdir(exist_ok=True)
    target = _FOLDER / f"{name}.onnx"
    shutil.copyfile(model, target)
    index = _FOLDER / "models.json"
    entries = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else []
    by_name = {entry["name"]: entry for entry in entries}
    by_name[name] = {
        "name": name,
        "description": _DESCRIPTIONS[name],
        "file": target.name,
        "sha256": file_sha256(target),
    }
    # The first is the default.
    ordered = [by_name[known] for known in _DESCRIPTIONS if known in by_name]
    index.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="an .onnx file")
    parser.add_argument("name", nargs="?", default="drums8", choices=tuple(_DESCRIPTIONS))
    arguments = parser.parse_args()
    try:
        main(arguments.model, arguments.name)
    except DrumscribeError as error:
        raise SystemExit(f"bundle_model: {error}") from None
