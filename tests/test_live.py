"""Sound in and MIDI out: with stand-ins for the machine's devices."""

import contextlib
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from drumscribe import cli, live
from drumscribe.charts.note_maps import GENERAL_MIDI, TD17
from drumscribe.drums import LANES8
from drumscribe.events import DrumEvent
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError

KICK, TOM = DrumEvent(0.01, "kick", 90), DrumEvent(0.02, "high_tom", 50)


class Scripted:
    """Tells a kick with the third block and a tom at the end."""

    latency_s = 0.03

    def __init__(self):
        self.n_blocks = 0

    def push(self, samples):
        self.n_blocks += 1
        return [KICK] if self.n_blocks == 3 else []

    def finish(self):
        return [TOM]


class Backend:
    """A MIDI backend of one output that keeps what is sent."""

    def __init__(self, *names):
        self.names, self.sent, self.is_open = names, [], False
        self.is_busy = self.is_gone = False

    def get_output_names(self):
        if self.names == ("broken",):
            raise RuntimeError("error creating ALSA sequencer client object")
        return list(self.names)

    def open_output(self, name):
        self.opened = name
        if self.is_busy:
            raise OSError("error creating MIDI output port")  # as rtmidi's, without a file's name
        return self

    def __enter__(self):
        self.is_open = True
        return self

    def __exit__(self, *error):
        self.is_open = False

    def send(self, message):
        if self.is_gone:
            raise OSError("error sending message")
        self.sent.append(message)


class Card:
    """sounddevice with two cards; a stream hears blocks of two channels as it starts."""

    class PortAudioError(Exception):
        pass

    n_inputs = 8
    status = None
    levels = (0.5, 1.0)

    def query_devices(self, device=None, kind=None):
        if kind is not None:
            return {"name": "interface", "max_input_channels": self.n_inputs}
        return [
            {"name": "speakers", "max_input_channels": 0},
            {"name": "microphone", "max_input_channels": 2},
        ]

    def InputStream(self, **options):
        self.options = options
        if options["device"] == "gone":
            raise self.PortAudioError("no\nsuch device")
        return self

    def __enter__(self):
        if self.options["device"] == "busy":
            raise self.PortAudioError("cannot start")
        for level in self.levels:
            block = np.tile(np.float32([[0, level]]), (4, 1))
            self.options["callback"](block, 4, None, self.status)

    def __exit__(self, *error):
        pass


@pytest.fixture
def backend(monkeypatch):
    backend = Backend("Game", "Synth")
    monkeypatch.setattr(live, "_midi_backend", lambda: backend)
    return backend


@pytest.fixture
def card(monkeypatch):
    card = Card()
    monkeypatch.setitem(sys.modules, "sounddevice", card)
    return card


def test_hits_are_handed_on_in_order_and_their_latency_is_measured():
    told = []
    blocks = [live.Block(np.zeros(441, np.float32))] * 4  # 20 ms each
    latency = live.LiveLatency(Scripted.latency_s)
    live.run_live(Scripted(), blocks, told.append, latency)
    assert told == [KICK, TOM]
    assert latency.compute.n == 4
    assert latency.event.n == 1  # what silence at the end brings out was not waited for
    computed_s = latency.event.most_s - (0.06 - 0.01)
    assert -1e-9 <= computed_s <= latency.compute.most_s + 1e-9
    first, *others = latency.lines()
    assert first == "algorithmic latency 30.0 ms"
    assert [line.split(":")[0] for line in others] == ["computing a block", "hit told"]


def test_silence_has_no_latency_to_tell():
    assert live.LiveLatency(0.05).lines() == ["algorithmic latency 50.0 ms"]


def test_a_file_comes_whole_in_small_blocks(tmp_path):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 1000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    blocks = [block.samples for block in live.file_blocks(tmp_path / "a.wav")]
    assert max(map(len, blocks)) == live.BLOCK_SAMPLES
    assert np.array_equal(np.concatenate(blocks), samples)


@pytest.mark.parametrize(("notes", "tom"), [(GENERAL_MIDI, 50), (TD17, 48)])
def test_hits_are_played_on_the_drum_channel_with_the_notes_asked_for(backend, notes, tom):
    with live.midi_output("Game", notes, LANES8) as play:
        assert backend.is_open
        play(KICK)
        play(TOM)
    assert not backend.is_open
    sent = [(m.type, m.channel, m.note, m.velocity) for m in backend.sent if m.type == "note_on"]
    assert sent == [("note_on", 9, 36, 90), ("note_on", 9, tom, 50)]
    assert [m.note for m in backend.sent if m.type == "note_off"] == [36, tom]


@pytest.mark.parametrize(
    ("names", "told"),
    [(("Synth",), "there is 'Synth'"), ((), "none at all"), (("broken",), "none at all")],
)
def test_an_output_that_is_not_there_is_told_what_is(monkeypatch, names, told):
    monkeypatch.setattr(live, "_midi_backend", lambda: Backend(*names))
    with (
        pytest.raises(DrumscribeError, match=f"'Game': there is none of that name; .*{told}"),
        live.midi_output("Game", GENERAL_MIDI, LANES8),
    ):
        pass


THROUGH = ("Midi Through:Midi Through Port-0 14:0", "Game 1", "Game 10")


@pytest.mark.parametrize(
    ("part", "whole"), [("Midi Through", THROUGH[0]), ("Port-0", THROUGH[0]), ("Game 1", "Game 1")]
)
def test_a_part_of_an_outputs_name_is_enough_and_the_whole_name_wins(monkeypatch, part, whole):
    backend = Backend(*THROUGH)
    monkeypatch.setattr(live, "_midi_backend", lambda: backend)
    with live.midi_output(part, GENERAL_MIDI, LANES8):
        assert backend.opened == whole


def test_a_part_of_two_outputs_names_is_told_with_both(monkeypatch):
    monkeypatch.setattr(live, "_midi_backend", lambda: Backend(*THROUGH))
    with (
        pytest.raises(DrumscribeError, match=r"more than one .*; there is 'Game 1', 'Game 10'$"),
        live.midi_output("Game", GENERAL_MIDI, LANES8),
    ):
        pass


def test_an_output_that_another_program_holds_is_one_line(backend):
    backend.is_busy = True
    with (
        pytest.raises(DrumscribeError, match=r"MIDI output 'Game': .*creating MIDI.*plugged in"),
        live.midi_output("Game", GENERAL_MIDI, LANES8),
    ):
        pass


def test_an_output_that_goes_away_is_one_line(backend):
    with live.midi_output("Game", GENERAL_MIDI, LANES8) as play:
        play(KICK)
        backend.is_gone = True
        with pytest.raises(DrumscribeError, match=r"MIDI output 'Game': .*sending.*plugged in"):
            play(TOM)
    assert len(backend.sent) == 2
    assert not backend.is_open


@pytest.mark.parametrize(("device", "wanted"), [(None, None), ("1", 1), ("micro", "micro")])
def test_a_sound_card_is_heard_in_mono_at_our_rate(card, device, wanted):
    with live.microphone(device) as blocks:
        heard = [next(blocks), next(blocks)]
    assert [block.samples.tolist() for block in heard] == [[0.25] * 4, [0.5] * 4]
    assert card.options["device"] == wanted
    assert card.options["samplerate"] == SAMPLE_RATE


@pytest.mark.parametrize(("device", "reason"), [("gone", "no such device"), ("busy", "cannot st")])
def test_a_sound_card_that_cannot_be_opened_is_one_line(card, device, reason):
    with pytest.raises(DrumscribeError, match=rf"input {device}: .*{reason}.*--list-devices"):
        live.microphone(device).__enter__()


def test_a_sound_card_that_goes_away_ends_it_in_one_line(card, monkeypatch, capsys):
    monkeypatch.setattr(live, "_N_WAITS", 2)
    assert cli.main(["live", "--device", "1"]) == 1
    shown = capsys.readouterr()
    assert shown.err == "drumscribe: input 1: gives no more sound; is it plugged in?\n"
    assert "algorithmic latency" in shown.out


@pytest.mark.parametrize(("n_inputs", "n_heard"), [(1, 1), (2, 2), (8, 2)])
def test_inputs_without_a_microphone_do_not_drown_the_others(card, n_inputs, n_heard):
    card.n_inputs = n_inputs
    with live.microphone(None):
        assert card.options["channels"] == n_heard


def test_lost_sound_is_told(card, caplog):
    card.status = SimpleNamespace(input_overflow=True)
    with live.microphone("1"):
        pass
    assert "input 1: sound was lost 2 times" in caplog.text


def test_what_a_hit_waited_for_its_turn_is_counted():
    latency = live.LiveLatency(Scripted.latency_s)
    blocks = [live.Block(np.zeros(441, np.float32), waited_s=0.1)] * 3
    live.run_live(Scripted(), blocks, lambda event: None, latency)
    computed_s = latency.event.most_s - (0.06 - 0.01) - 0.1
    assert -1e-9 <= computed_s <= latency.compute.most_s + 1e-9


def test_hits_after_sound_that_was_left_out_are_told_at_their_time():
    """The kick, at 10 ms of what is heard, is in the first block; the tom in the second."""
    told = []
    block = live.Block(np.zeros(331, np.float32))  # 15 ms
    latency = live.LiveLatency(Scripted.latency_s)
    blocks = [block, block._replace(n_dropped=SAMPLE_RATE), block._replace(n_dropped=SAMPLE_RATE)]
    live.run_live(Scripted(), blocks, told.append, latency)
    assert [event.onset_s for event in told] == pytest.approx([0.01, 1.02])
    assert latency.event.most_s == pytest.approx(2.035, abs=0.001 + latency.compute.most_s)


def test_a_machine_that_is_too_slow_leaves_the_oldest_sound_out_and_says_so(card, caplog):
    card.levels = range(100)
    with live.microphone("1") as blocks:
        newest = next(blocks)
    assert newest.samples.tolist() == [99 / 2] * 4
    assert newest.n_dropped == 99 * 4
    assert "input 1: 0.0 s of sound were left out" in caplog.text


def test_sound_that_waits_for_less_than_a_fifth_of_a_second_is_heard_whole(card, caplog):
    card.levels = range(50)
    with live.microphone("1") as blocks:
        heard = [next(blocks) for _ in card.levels]
    assert [block.samples[0] * 2 for block in heard] == list(card.levels)
    assert not any(block.n_dropped for block in heard)
    assert heard[0].waited_s >= 0
    assert not caplog.text


def test_ctrl_c_shows_the_latency(tmp_path, monkeypatch, capsys):
    def interrupted(path):
        yield from [live.Block(np.zeros(75, np.float32))] * 3
        raise KeyboardInterrupt

    (tmp_path / "a.wav").touch()
    monkeypatch.setattr(live, "file_blocks", interrupted)
    with contextlib.suppress(KeyboardInterrupt):
        assert cli.main(["live", "--file", str(tmp_path / "a.wav")]) != 0
    shown = capsys.readouterr().out
    assert "algorithmic latency" in shown
    assert "computing a block: mean" in shown


def test_devices_are_listed(card, backend, capsys):
    assert cli.main(["live", "--list-devices"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["inputs:", "  1: microphone", "MIDI outputs:", "  Game", "  Synth"]


def test_a_machine_without_devices_says_so(monkeypatch, card):
    monkeypatch.setattr(live, "_midi_backend", Backend)
    monkeypatch.setattr(card, "query_devices", lambda: [])
    assert live.device_lines() == ["inputs:", "  none", "MIDI outputs:", "  none"]


def test_portaudio_that_is_absent_is_named(monkeypatch):
    class Finder:
        def find_spec(self, name, *rest):
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(DrumscribeError, match="needs PortAudio"):
        live.device_lines()


def test_without_its_package_midi_alone_is_missing(monkeypatch, card):
    """Without rtmidi the extra is named, although mido is installed."""
    backend = SimpleNamespace(load=lambda: (_ for _ in ()).throw(ImportError("rtmidi")))
    monkeypatch.setattr("mido.Backend", lambda name: backend)
    told = r"MIDI output needs the package 'rtmidi'.*pip install '\.\[live\]'"
    *inputs, heading, outputs = live.device_lines()
    assert (inputs[0], heading) == ("inputs:", "MIDI outputs:")
    assert re.match(f"  none: {told}", outputs)
    with pytest.raises(DrumscribeError, match=told), live.midi_output("any", GENERAL_MIDI, LANES8):
        pass
