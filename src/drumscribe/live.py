"""Live transcription: a sound card or a file in, hits and MIDI out as they come.

sounddevice (PortAudio) and python-rtmidi, of the extra ``live``, are imported when a device is
opened. Times are counted in samples heard, so they do not depend on the machine's clock.
"""

import logging
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from drumscribe.charts.note_maps import NoteMap
from drumscribe.data.audio_processing import audio_blocks
from drumscribe.drums import DRUM_CHANNEL, Kit
from drumscribe.events import DrumEvent
from drumscribe.inference.streaming import StreamingTranscriber
from drumscribe.timing import HOP_LENGTH, SAMPLE_RATE, samples_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice

logger = logging.getLogger(__name__)

OnEvent = Callable[[DrumEvent], None]

BLOCK_SAMPLES = HOP_LENGTH // 3
"""Samples that are pushed at once (3.4 ms): smaller blocks decide sooner, and cost more."""

_STEP_S, _N_STEPS = 0.0001, 10_000  # of delays up to a second
_WAIT_S, _N_WAITS = 0.1, 50  # until a card is gone; in parts, as Windows' waits hear no Ctrl-C
_MOST_CHANNELS = 2  # of a card with many inputs those without a microphone would drown the others
_MISSING = f"{{what}} needs the package {{package!r}}; {install_advice('live')}"


class Delays:
    """Delays of a kind, counted in steps of 0.1 ms rather than kept: a stream may never end."""

    def __init__(self) -> None:
        self.n = 0
        self.most_s = 0.0
        self._sum_s = 0.0
        self._n_of_step = np.zeros(_N_STEPS + 1, np.int64)  # the last: all that are longer

    def add(self, delay_s: float) -> None:
        """Count one more."""
        self.n += 1
        self.most_s = max(self.most_s, delay_s)
        self._sum_s += delay_s
        self._n_of_step[min(_N_STEPS, max(0, int(delay_s / _STEP_S)))] += 1

    def text(self) -> str:
        """The figures of at least one delay."""
        step = int(np.searchsorted(np.cumsum(self._n_of_step), 0.99 * self.n))
        late_s = self.most_s if step == _N_STEPS else min(self.most_s, (step + 1) * _STEP_S)
        return (
            f"mean {1000 * self._sum_s / self.n:.1f} ms, 99 % within {1000 * late_s:.1f} ms, "
            f"at most {1000 * self.most_s:.1f} ms"
        )


@dataclass
class LiveLatency:
    """How late hits were told, measured.

    Attributes:
        algorithmic_s: sound after a hit that the model waits for, in seconds.
        compute: computing time of each block.
        event: of each hit, from its onset until it was told: sound waited for and computing.
    """

    algorithmic_s: float
    compute: Delays = field(default_factory=Delays)
    event: Delays = field(default_factory=Delays)

    def lines(self) -> list[str]:
        """The figures as text."""
        lines = [f"algorithmic latency {1000 * self.algorithmic_s:.1f} ms"]
        for name, delays in (("computing a block", self.compute), ("hit told", self.event)):
            if delays.n:
                lines.append(f"{name}: {delays.text()}")
        return lines


def run_live(
    transcriber: StreamingTranscriber,
    blocks: Iterable[FloatArray],
    on_event: OnEvent,
    latency: LiveLatency,
) -> None:
    """Hand every hit in ``blocks`` to ``on_event`` as soon as it is known.

    Args:
        transcriber: fresh.
        blocks: mono samples at ``SAMPLE_RATE``, in order.
        on_event: called in order of time.
        latency: where delays are counted, which are there when Ctrl-C ends it, too.
    """
    n_samples = 0
    for block in blocks:
        n_samples += len(block)
        started_s = time.perf_counter()
        events = transcriber.push(block)
        spent_s = time.perf_counter() - started_s
        latency.compute.add(spent_s)
        for event in events:
            on_event(event)
            latency.event.add(samples_to_seconds(n_samples) - event.onset_s + spent_s)
    for event in transcriber.finish():
        on_event(event)


def file_blocks(path: Path) -> Iterator[FloatArray]:
    """A recording in the small blocks that a sound card gives.

    Raises:
        DrumscribeError: as ``audio_blocks``.
    """
    for block in audio_blocks(path):
        for start in range(0, len(block), BLOCK_SAMPLES):
            yield block[start : start + BLOCK_SAMPLES]


def device_lines() -> list[str]:
    """The sound cards and MIDI outputs of this machine, as text.

    Raises:
        DrumscribeError: when the extra ``live`` is not installed.
    """
    sounddevice = _sounddevice()
    inputs = [
        f"  {index}: {device['name']}"
        for index, device in enumerate(sounddevice.query_devices())
        if device["max_input_channels"] > 0
    ]
    outputs = [f"  {name}" for name in _output_names(_midi_backend())]
    return ["inputs:", *(inputs or ["  none"]), "MIDI outputs:", *(outputs or ["  none"])]


@contextmanager
def microphone(device: str | None) -> Iterator[Iterator[FloatArray]]:
    """An endless stream of blocks from a sound card.

    Args:
        device: its number or part of its name; ``None`` for the system's own choice. Its first
            two inputs are heard, averaged.

    Raises:
        DrumscribeError: when the extra is not installed or the device cannot be opened; from the
            blocks, when it gives no more.
    """
    sounddevice = _sounddevice()
    name = f"input {device or 'of the system'}"
    heard: queue.SimpleQueue[FloatArray] = queue.SimpleQueue()
    n_losses = 0

    def hear(samples: Any, n_samples: int, times: Any, status: Any) -> None:
        nonlocal n_losses
        n_losses += bool(status and status.input_overflow)
        heard.put(samples.mean(axis=1, dtype=np.float32))

    with ExitStack() as stack:
        try:  # some cards refuse only when they start
            stack.enter_context(_input_stream(sounddevice, device, hear))
        except (sounddevice.PortAudioError, ValueError) as error:
            raise DrumscribeError(
                f"{name}: cannot be opened at {SAMPLE_RATE} Hz "
                f"({' '.join(str(error).split())}); choose one of 'drumscribe live --list-devices'"
            ) from error
        try:
            yield _blocks_of(heard, name)
        finally:
            if n_losses:
                logger.warning(
                    "%s: sound was lost %d times, as the machine was too busy; what came later is "
                    "told with too early times",
                    name,
                    n_losses,
                )


def _blocks_of(heard: "queue.SimpleQueue[FloatArray]", name: str) -> Iterator[FloatArray]:
    """What a card gives, until it gives nothing for some seconds."""
    n_waits = 0
    while n_waits < _N_WAITS:
        try:
            block = heard.get(timeout=_WAIT_S)
        except queue.Empty:
            n_waits += 1
        else:
            n_waits = 0
            yield block
    raise DrumscribeError(f"{name}: gives no more sound; is it plugged in?")


def _input_stream(sounddevice: Any, device: str | None, hear: Callable[..., None]) -> Any:
    """What calls ``hear`` with every block of a sound card, once it is started."""
    number = int(device) if device is not None and device.isdecimal() else device
    card = sounddevice.query_devices(number, "input")
    return sounddevice.InputStream(
        samplerate=SAMPLE_RATE,
        blocksize=BLOCK_SAMPLES,
        device=number,
        channels=min(_MOST_CHANNELS, card["max_input_channels"]),
        dtype="float32",
        latency="low",
        callback=hear,
    )


@contextmanager
def midi_output(port: str, notes: NoteMap, kit: Kit) -> Iterator[OnEvent]:
    """A function that plays hits on a MIDI output, on the drum channel.

    Args:
        port: its name, or a part of it that no other output has.
        notes: what each drum plays.
        kit: the drums of the hits.

    Raises:
        DrumscribeError: when the extra is not installed, there is no such output or it is busy;
            from the function, when it has gone.
    """
    import mido

    backend = _midi_backend()
    port = _found_output(port, _output_names(backend))
    with _midi_failures(port):
        output = backend.open_output(port)
    with output:

        def play(event: DrumEvent) -> None:
            note = {"note": notes.note(event.drum, kit), "channel": DRUM_CHANNEL}
            with _midi_failures(port):
                output.send(mido.Message("note_on", velocity=event.velocity, **note))
                output.send(mido.Message("note_off", **note))

        yield play


def _found_output(port: str, names: list[str]) -> str:
    """The whole name of an output: systems add numbers to it that differ from start to start."""
    if port in names:
        return port
    found = [name for name in names if port in name]
    if len(found) != 1:
        raise DrumscribeError(
            f"MIDI output {port!r}: there is {'more than one' if found else 'none'} of that name; "
            f"there is {', '.join(map(repr, found or names)) or 'none at all'}"
        )
    return found[0]


@contextmanager
def _midi_failures(port: str) -> Iterator[None]:
    """What MIDI refuses as an error of one line."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # rtmidi's are some of each
        raise DrumscribeError(
            f"MIDI output {port!r}: cannot be played ({str(error).rstrip('.')}); see that it "
            "is plugged in and that no other program holds it, then start again"
        ) from error


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError:
        raise DrumscribeError(
            _MISSING.format(what="hearing a sound card", package="sounddevice")
        ) from None
    except OSError as error:  # the library that it stands on
        raise DrumscribeError(
            f"hearing a sound card needs PortAudio ({error}); install it, as with "
            "'apt install libportaudio2'"
        ) from error
    return sounddevice


def _output_names(backend: Any) -> list[str]:
    """The MIDI outputs; none where the system has no MIDI at all."""
    try:
        return list(backend.get_output_names())
    except Exception:  # rtmidi's errors share no base class but this
        return []


def _midi_backend() -> Any:
    import mido

    backend = mido.Backend("mido.backends.rtmidi")
    try:
        backend.load()
    except ImportError:
        raise DrumscribeError(_MISSING.format(what="MIDI output", package="rtmidi")) from None
    return backend
