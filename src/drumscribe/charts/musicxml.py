"""A drum score as MusicXML, which every notation program opens.

Hands are voice 1 with stems up, feet voice 2 with stems down. Staff positions are those of a
treble clef, as the format has it, though the clef drawn is the percussion clef.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from drumscribe.charts.hits import Hit
from drumscribe.charts.rhythm import Symbol, rests_of, symbols_of
from drumscribe.charts.score import Bar, Score, score_of
from drumscribe.drums import Kit
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TimeSignature
from drumscribe.utils.files import writable_text, write_text

DIVISIONS = 96
"""Parts of a quarter note in which lengths are written: 32nds and triplets of them."""

_PART = "P1"
_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)


@dataclass(frozen=True, slots=True)
class Place:
    """How a drum is written: step and octave as in a treble clef, note head, hands or feet."""

    step: str
    octave: int
    head: str = "normal"
    is_foot: bool = False


_PLACES = {
    "kick": Place("F", 4, is_foot=True),
    "snare": Place("C", 5),
    "side_stick": Place("C", 5, "x"),
    "hihat": Place("G", 5, "x"),
    "hihat_pedal": Place("D", 4, "x", is_foot=True),
    "high_tom": Place("E", 5),
    "mid_tom": Place("D", 5),
    "low_tom": Place("A", 4),
    "crash": Place("A", 5, "x"),
    "ride": Place("F", 5, "x"),
    "ride_bell": Place("F", 5, "diamond"),
}


def write_musicxml(transcription: Transcription, path: Path) -> None:
    """Write the score of a transcription, titled as the file is named.

    Raises:
        DrumscribeError: when it cannot be written.
    """
    write_text(
        path, musicxml(score_of(transcription), transcription.kit, title=writable_text(path.stem))
    )


def musicxml(score: Score, kit: Kit, *, title: str, has_metronome_mark: bool = True) -> str:
    """A score as the text of a MusicXML file.

    Args:
        score: the bars.
        kit: the kit of its hits.
        title: the heading.
        has_metronome_mark: whether the tempo is a note value and a number, or words, for programs
            without the font of the note.
    """
    root = ET.Element("score-partwise", version="4.0")
    _text(ET.SubElement(root, "work"), "work-title", title)
    part_list = ET.SubElement(root, "part-list")
    _add_part_list(part_list, kit)
    part = ET.SubElement(root, "part", id=_PART)
    signature: TimeSignature | None = None
    for number, bar in enumerate(score.bars, 1):
        measure = ET.SubElement(part, "measure", number=str(number))
        _add_attributes(measure, bar, signature)
        if number == 1:
            _add_tempo(measure, score, bar, has_metronome_mark=has_metronome_mark)
        _add_bar(measure, bar)
        signature = bar.signature
    ET.indent(root, space=" ")
    return _HEADER + ET.tostring(root, encoding="unicode") + "\n"


def place_of(hit: Hit) -> Place:
    """How a hit is written: a lane without a place of its own as a triangle in its stand-in's."""
    if hit.drum in _PLACES or hit.lane in _PLACES:
        return _PLACES.get(hit.drum, _PLACES[hit.stand_in])
    return replace(_PLACES[hit.stand_in], head="triangle")


def _text(parent: ET.Element, tag: str, value: object) -> ET.Element:
    child = ET.SubElement(parent, tag)
    child.text = str(value)
    return child


def _instrument_id(drum: str) -> str:
    return f"{_PART}-{drum}"


def _add_part_list(part_list: ET.Element, kit: Kit) -> None:
    """The part, and one instrument for each drum."""
    part = ET.SubElement(part_list, "score-part", id=_PART)
    _text(part, "part-name", "Drums")
    for drum in kit.classes:
        instrument = ET.SubElement(part, "score-instrument", id=_instrument_id(drum.name))
        _text(instrument, "instrument-name", drum.display_name)
    for drum in kit.classes:
        midi = ET.SubElement(part, "midi-instrument", id=_instrument_id(drum.name))
        _text(midi, "midi-channel", 10)
        _text(midi, "midi-unpitched", drum.note_written + 1)  # the format counts from 1


def _add_attributes(measure: ET.Element, bar: Bar, before: TimeSignature | None) -> None:
    """Resolution and clef in the first bar; the time signature where it changes."""
    is_same = before is not None and (before.numerator, before.denominator) == (
        bar.signature.numerator,
        bar.signature.denominator,
    )
    if is_same:
        return
    attributes = ET.SubElement(measure, "attributes")
    if before is None:
        _text(attributes, "divisions", DIVISIONS)
        _text(ET.SubElement(attributes, "key"), "fifths", 0)
    time = ET.SubElement(attributes, "time")
    _text(time, "beats", bar.signature.numerator)
    _text(time, "beat-type", bar.signature.denominator)
    if before is None:
        _text(ET.SubElement(attributes, "clef"), "sign", "percussion")


def _add_tempo(measure: ET.Element, score: Score, bar: Bar, *, has_metronome_mark: bool) -> None:
    """The tempo in quarters a minute."""
    per_minute = round(score.bpm * 4 / bar.signature.denominator)
    direction = ET.SubElement(measure, "direction", placement="above")
    kind = ET.SubElement(direction, "direction-type")
    if has_metronome_mark:
        metronome = ET.SubElement(kind, "metronome")
        _text(metronome, "beat-unit", "quarter")
        _text(metronome, "per-minute", per_minute)
    else:
        _text(kind, "words", f"{per_minute} BPM")
    ET.SubElement(direction, "sound", tempo=str(per_minute))


def _add_bar(measure: ET.Element, bar: Bar) -> None:
    """Both voices of a bar; feet that rest are left out."""
    hands, feet = (_voice(bar, is_foot=is_foot) for is_foot in (False, True))
    length = sum((cell.quarters for cell in bar.cells), Fraction(0))
    if hands is None:
        note = ET.SubElement(measure, "note")
        ET.SubElement(note, "rest", measure="yes")
        _text(note, "duration", int(length * DIVISIONS))
        _text(note, "voice", 1)
    for symbol in hands or []:
        _add_symbol(measure, symbol, voice=1)
    if feet is not None:
        _text(ET.SubElement(measure, "backup"), "duration", int(length * DIVISIONS))
        for symbol in feet:
            _add_symbol(measure, symbol, voice=2)


def _voice(bar: Bar, *, is_foot: bool) -> list[Symbol] | None:
    """The symbols of hands or feet in a bar; ``None`` where they rest."""
    symbols: list[Symbol] = []
    has_hits = False
    for cell in bar.cells:
        mine = {
            slot: chosen
            for slot, hits in cell.hits.items()
            if (chosen := [h for h in hits if place_of(h).is_foot == is_foot])
        }
        has_hits = has_hits or bool(mine)
        symbols += symbols_of(cell, mine) if mine else rests_of(cell.quarters)
    return symbols if has_hits else None


def _add_symbol(measure: ET.Element, symbol: Symbol, *, voice: int) -> None:
    """A chord, lowest note first, or a rest; flams as grace notes before it."""
    if not symbol.hits:
        note = ET.SubElement(measure, "note")
        ET.SubElement(note, "rest")
        _add_value(note, symbol, voice=voice)
        _add_notations(note, symbol, None)
        return
    ordered = sorted(symbol.hits, key=_height)
    for hit in ordered:
        if hit.is_flam:
            _add_grace(measure, hit, voice=voice)
    for index, hit in enumerate(ordered):
        note = ET.SubElement(measure, "note")
        if index > 0:
            ET.SubElement(note, "chord")
        _add_unpitched(note, hit)
        _add_value(note, symbol, voice=voice, hit=hit)
        if index == 0:
            for level, state in enumerate(symbol.beams, 1):
                _text(note, "beam", state).set("number", str(level))
        _add_notations(note, symbol if index == 0 else None, hit)


def _height(hit: Hit) -> int:
    """Its step above middle C."""
    place = place_of(hit)
    return 7 * place.octave + "CDEFGAB".index(place.step)


def _add_unpitched(note: ET.Element, hit: Hit) -> None:
    place = place_of(hit)
    unpitched = ET.SubElement(note, "unpitched")
    _text(unpitched, "display-step", place.step)
    _text(unpitched, "display-octave", place.octave)


def _add_grace(measure: ET.Element, hit: Hit, *, voice: int) -> None:
    note = ET.SubElement(measure, "note")
    ET.SubElement(note, "grace", slash="yes")
    _add_unpitched(note, hit)
    ET.SubElement(note, "instrument", id=_instrument_id(hit.drum))
    _text(note, "voice", voice)
    _text(note, "type", "eighth")
    _text(note, "stem", "up")


def _add_value(note: ET.Element, symbol: Symbol, *, voice: int, hit: Hit | None = None) -> None:
    """Length, instrument, voice, note value, tuplet, stem and head, in the format's order."""
    _text(note, "duration", int(symbol.quarters * DIVISIONS))
    if hit is not None:
        ET.SubElement(note, "instrument", id=_instrument_id(hit.drum))
    _text(note, "voice", voice)
    _text(note, "type", symbol.type)
    if symbol.is_dotted:
        ET.SubElement(note, "dot")
    if symbol.tuplet is not None:
        modification = ET.SubElement(note, "time-modification")
        _text(modification, "actual-notes", symbol.tuplet[0])
        _text(modification, "normal-notes", symbol.tuplet[1])
    if hit is not None:
        _text(note, "stem", "up" if voice == 1 else "down")
        head = _text(note, "notehead", place_of(hit).head)
        if hit.dynamic == "ghost":
            head.set("parentheses", "yes")


def _add_notations(note: ET.Element, symbol: Symbol | None, hit: Hit | None) -> None:
    """Brackets of tuplets, accents, and the circle of an open hi-hat."""
    notations = ET.Element("notations")
    if symbol is not None and symbol.tuplet_edge:
        ET.SubElement(notations, "tuplet", type=symbol.tuplet_edge, bracket="yes")
    if hit is not None and hit.drum == "hihat_open":
        ET.SubElement(ET.SubElement(notations, "technical"), "open-string")
    if hit is not None and hit.dynamic == "accent":
        ET.SubElement(ET.SubElement(notations, "articulations"), "accent")
    if len(notations):
        note.append(notations)
