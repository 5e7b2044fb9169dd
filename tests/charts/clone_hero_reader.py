"""Reading ``notes.mid`` and ``notes.chart`` as their format descriptions say, and no more."""

import re

import mido

TOM_MARKERS = {98: 110, 99: 111, 100: 112}
CYMBAL_MARKERS = {2: 66, 3: 67, 4: 68}


def read_spans(path, title):
    """(start tick, end tick, note) of every note of a track, in order of their ends."""
    (track,) = [t for t in mido.MidiFile(path).tracks if t.name == title]
    now, starts, spans = 0, {}, []
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            starts[message.note] = now
        elif message.type in {"note_on", "note_off"}:
            spans.append((starts.pop(message.note), now, message.note))
    assert not starts
    return spans


def read_pro_drums(path):
    """(tick, place among the colours, whether a cymbal) of the expert notes, sorted."""
    spans = read_spans(path, "PART DRUMS")
    toms = {note: [s for s in spans if s[2] == note] for note in TOM_MARKERS.values()}
    notes = []
    for tick, _, note in spans:
        if 95 <= note <= 100:
            marked = toms.get(TOM_MARKERS.get(note), [])
            is_tom = any(start <= tick < end for start, end, _ in marked)
            notes.append((tick, max(0, note - 96), note in TOM_MARKERS and not is_tom))
    return sorted(notes)


def read_notes_chart(path):
    """As ``read_pro_drums``."""
    numbers, section = set(), ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[ExpertDrums]" and " = N " in line:
            tick, _, rest = line.strip().partition(" = N ")
            numbers.add((int(tick), int(rest.split()[0])))
    return sorted(
        (tick, 0 if number == 32 else number, (tick, CYMBAL_MARKERS.get(number)) in numbers)
        for tick, number in numbers
        if number <= 4 or number == 32
    )


def chart_seconds(path, ticks):
    """Times of ticks of a ``.chart`` in seconds, by its own tempos."""
    text = path.read_text(encoding="utf-8")
    resolution = int(re.search(r"Resolution = (\d+)", text)[1])
    tempos = [(int(t), 60_000 / int(b)) for t, b in re.findall(r"(\d+) = B (\d+)", text)]
    times_s = []
    for tick in ticks:
        ends = [start for start, _ in tempos[1:]] + [tick]
        spans = [
            max(0, min(end, tick) - start) * per_quarter
            for (start, per_quarter), end in zip(tempos, ends, strict=True)
        ]
        times_s.append(sum(spans) / resolution)
    return times_s
