"""What must hold of every MIDI file that is written."""

import mido


def assert_sound(path):
    """No negative deltas, overlapping or unending notes, or velocities out of range."""
    for track in mido.MidiFile(path).tracks:
        sounding = set()
        for message in track:
            assert message.time >= 0
            if message.type == "note_on" and message.velocity:
                key = (message.channel, message.note)
                assert 1 <= message.velocity <= 127
                assert key not in sounding
                sounding.add(key)
            elif message.type in {"note_on", "note_off"}:
                sounding.remove((message.channel, message.note))
        assert not sounding
        assert track[-1].type == "end_of_track"
