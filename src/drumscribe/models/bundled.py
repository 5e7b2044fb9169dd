"""The models that come with the package."""

import json
from dataclasses import dataclass
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import file_sha256

_FOLDER = Path(__file__).parent / "pretrained"
_INDEX = _FOLDER / "models.json"

LIVE_MODEL = "drums8-live"
"""The bundled model that hears as it comes."""


@dataclass(frozen=True)
class BundledModel:
    """One model of the package.

    Attributes:
        name: what to call it on the command line.
        description: what it is for, in one line.
        path: its file.
        sha256: what the file must hash to.
    """

    name: str
    description: str
    path: Path
    sha256: str


def bundled_models() -> list[BundledModel]:
    """The models that come with the package, the default one first."""
    entries = json.loads(_INDEX.read_text(encoding="utf-8"))
    return [
        BundledModel(item["name"], item["description"], _FOLDER / item["file"], item["sha256"])
        for item in entries
    ]


def bundled_path(name: str | None = None) -> Path:
    """The file of a bundled model, checked against its hash.

    Args:
        name: which one; the default model when ``None``.

    Raises:
        DrumscribeError: when there is no such model, or its file is absent or damaged.
    """
    models = bundled_models()
    found = [model for model in models if name in (None, model.name)]
    if not found:
        known = ", ".join(model.name for model in models)
        raise DrumscribeError(f"no bundled model {name!r}; there is {known}")
    model = found[0]
    try:
        digest = file_sha256(model.path)
    except OSError as error:
        raise DrumscribeError(
            f"{model.path}: the bundled model is missing; install drumscribe again"
        ) from error
    if digest != model.sha256:
        raise DrumscribeError(
            f"{model.path}: the bundled model is damaged; install drumscribe again"
        )
    return model.path
