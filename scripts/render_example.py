"""Render the example recording: ``python scripts/render_example.py --midi GMD --kits KITS``.

A test performance of the Groove MIDI Dataset on sample kits that no model was trained on and whose
licences ask for nothing but their names; the notes that were played go beside it.
"""

import argparse
import dataclasses
from pathlib import Path

import soundfile

from drumscribe.charts.midi import write_transcription_midi
from drumscribe.data.render.render_config import BackingConfig, RenderConfig
from drumscribe.data.render.rendered_recording import render_recording
from drumscribe.data.render.sources import open_sources
from drumscribe.drums import LANES8
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError

_KITS = ("exadrums", "osdk")
_BPM = 120.0  # of a file whose bars nobody needs
_FOLDER = Path(__file__).parents[1] / "examples"


def main() -> None:
    """Render, and write ``examples/groove.ogg`` and ``examples/groove-played.mid``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--midi", type=Path, required=True, help="the Groove MIDI Dataset")
    parser.add_argument("--kits", type=Path, required=True, help="a folder with kits.json")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sources = open_sources(arguments.midi, arguments.kits, "test")
    kits = tuple(kit for kit in sources.kits if kit.id in _KITS)
    config = RenderConfig(
        duration_s=(20.0, 22.0),
        backing=BackingConfig(backing=0, hand_percussion=0, no_drums=0, negative=0),
    )
    rendered = render_recording(arguments.seed, dataclasses.replace(sources, kits=kits), config)
    _FOLDER.mkdir(exist_ok=True)
    soundfile.write(_FOLDER / "groove.ogg", rendered.samples, SAMPLE_RATE)
    tempo = TempoMap.steady(_BPM, until_s=rendered.duration_s)
    played = Transcription(rendered.events, LANES8, rendered.duration_s, tempo)
    write_transcription_midi(played, _FOLDER / "groove-played.mid")
    for name, text in rendered.description.items():
        print(f"{name}: {text}")


if __name__ == "__main__":
    try:
        main()
    except DrumscribeError as error:
        raise SystemExit(f"render_example: {error}") from None
