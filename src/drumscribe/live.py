"""Live transcription: a sound card or a file in, hits and MIDI out as they come.

sounddevice (PortAudio) and python-rtmidi, of the extra ``live``, are imported when a device is
opened. Times are counted in samples, heard or left out, so they do not depend on the machine's
clock.
"""

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from drumscribe.charts.note_maps import NoteMap
from drumscribe.data.audio_processing import audio_blocks
from drumscribe.drums import DRUM_CHANNEL, Kit
from drumscribe.events import DrumEvent
from drumscribe.inference.streaming import StreamingTranscriber
from drumscribe.timing import HOP_LENGTH, SAMPLE_RATE, samples_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.delays import Delays
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice

logger = logging.getLogger(__name__)

OnEvent = Callable[[DrumEvent], None]

BLOCK_SAMPLES = HOP_LENGTH // 3
"""Samples that are pushed at once (3.4 ms): smaller blocks decide sooner, and cost more."""

_MOST_WAITING = SAMPLE_RATE // 5 // BLOCK_SAMPLES  # blocks, 0.2 s of sound
_N_GAPS = 32  # more than lie within a model's latency
_WAIT_S, _N_WAITS = 0.1, 50  # until a card is gone; in parts, as Windows' waits hear no Ctrl-C
_MOST_CHANNELS = 2  # of a card with many inputs those without a microphone would drown the others
_MISSING = f"{{what}} needs the package {{package!r}}; {install_advice('live')}"


@dataclass
class LiveLatency:
    """How late hits were told, measured.

    Attributes:
        algorithmic_s: sound after a hit that the model waits for, in seconds.
        compute: computing time of each block.
        event: of each hit, from its onset until it was told: sound waited for, that sound's wait
            for its turn, and computing.
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


class Block(NamedTuple):
    """The next samples of a stream.

    Attributes:
        samples: mono at ``SAMPLE_RATE``, shape (n_samples,).
        waited_s: seconds for which they had been there when they were taken.
        n_dropped: samples before them that nobody hears.
    """

    samples: FloatArray
    waited_s: float = 0.0
    n_dropped: int = 0


class _StreamClock:
    """Tells time in a stream with gaps, of which a transcriber counts only what it hears."""

    def __init__(self) -> None:
        self._n_heard = self._n_dropped = 0
        self._gaps = deque([(0.0, 0.0)], maxlen=_N_GAPS)  # heard before it, dropped so far, in s

    def count(self, block: Block) -> float:
        """The time at the end of the next block, in seconds."""
        if block.n_dropped:
            self._n_dropped += block.n_dropped
            gap = samples_to_seconds(self._n_heard), samples_to_seconds(self._n_dropped)
            self._gaps.append(gap)
        self._n_heard += len(block.samples)
        return samples_to_seconds(self._n_heard + self._n_dropped)

    def placed(self, event: DrumEvent) -> DrumEvent:
        """A hit at its time in the stream."""
        gaps = reversed(self._gaps)
        before = (dropped_s for start_s, dropped_s in gaps if start_s <= event.onset_s)
        return replace(event, onset_s=event.onset_s + next(before, self._gaps[0][1]))


def run_live(
    transcriber: StreamingTranscriber,
    blocks: Iterable[Block],
    on_event: OnEvent,
    latency: LiveLatency,
) -> None:
    """Hand every hit in ``blocks`` to ``on_event`` as soon as it is known.

    Args:
        transcriber: fresh.
        blocks: in order.
        on_event: called in order of time.
        latency: where delays are counted, which are there when Ctrl-C ends it, too.
    """
    clock = _StreamClock()
    for block in blocks:
        now_s = clock.count(block)
        started_s = time.perf_counter()
        events = transcriber.push(block.samples)
        spent_s = time.perf_counter() - started_s
        latency.compute.add(spent_s)
        for event in map(clock.placed, events):
            on_event(event)
            latency.event.add(now_s - event.onset_s + block.waited_s + spent_s)
    for event in map(clock.placed, transcriber.finish()):
        on_event(event)


def file_blocks(path: Path) -> Iterator[Block]:
    """A recording in the small blocks that a sound card gives.

    Raises:
        DrumscribeError: as ``audio_blocks``.
    """
    for block in audio_blocks(path):
        for start in range(0, len(block), BLOCK_SAMPLES):
            yield Block(block[start : start + BLOCK_SAMPLES])


def device_lines() -> list[str]:
    """The sound cards and MIDI outputs of this machine, as text.

    Raises:
        DrumscribeError: when sound cards cannot be asked for.
    """
    sounddevice = _sounddevice()
    inputs = [
        f"  {index}: {device['name']}"
        for index, device in enumerate(sounddevice.query_devices())
        if device["max_input_channels"] > 0
    ]
    try:
        outputs = [f"  {name}" for name in _output_names(_midi_backend())]
    except DrumscribeError as error:  # without MIDI hits can be shown
        outputs = [f"  none: {error}"]
    return ["inputs:", *(inputs or ["  none"]), "MIDI outputs:", *(outputs or ["  none"])]


@contextmanager
def microphone(device: str | None) -> Iterator[Iterator[Block]]:
    """An endless stream of blocks from a sound card.

    Args:
        device: its number or part of its name; ``None`` for the system's own choice. Its first
            two inputs are heard, averaged.

    Raises:
        DrumscribeError: when the extra is not installed or the device cannot be opened; from the
            blocks, when it gives no more.
    """
    sounddevice = _sounddevice()
    card = _Card(f"input {device or 'of the system'}")
    with ExitStack() as stack:
        try:  # some cards refuse only when they start
            stack.enter_context(_input_stream(sounddevice, device, card.hear))
        except (sounddevice.PortAudioError, ValueError) as error:
            raise DrumscribeError(
                f"{card.name}: cannot be opened at {SAMPLE_RATE} Hz "
                f"({' '.join(str(error).split())}); choose one of 'drumscribe live --list-devices'"
            ) from error
        try:
            yield card.blocks()
        finally:
            card.tell_losses()


class _Card:
    """What a sound card gives, which waits to be taken.

    Args:
        name: what messages call it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._waiting: queue.SimpleQueue[tuple[float, FloatArray]] = queue.SimpleQueue()
        self._n_losses = 0
        self._n_dropped = 0

    def hear(self, samples: Any, n_samples: int, times: Any, status: Any) -> None:
        """Take samples of shape (n_samples, n_channels), as PortAudio hands them."""
        self._n_losses += bool(status and status.input_overflow)
        self._waiting.put((time.perf_counter(), samples.mean(axis=1, dtype=np.float32)))

    def blocks(self) -> Iterator[Block]:
        """What is heard, without what could only be told much too late."""
        while True:
            came_s, samples = self._next()
            n_dropped = 0
            if self._waiting.qsize() > _MOST_WAITING:
                while not self._waiting.empty():
                    n_dropped += len(samples)
                    came_s, samples = self._next()
            self._n_dropped += n_dropped
            yield Block(samples, time.perf_counter() - came_s, n_dropped)

    def _next(self) -> tuple[float, FloatArray]:
        """When the oldest samples came, and they."""
        for _ in range(_N_WAITS):
            with suppress(queue.Empty):
                return self._waiting.get(timeout=_WAIT_S)
        raise DrumscribeError(f"{self.name}: gives no more sound; is it plugged in?")

    def tell_losses(self) -> None:
        """Warn of sound that was not heard."""
        if self._n_losses:
            logger.warning(
                "%s: sound was lost %d times, as the machine was too busy; what came later is "
                "told with too early times",
                self.name,
                self._n_losses,
            )
        if self._n_dropped:
            logger.warning(
                "%s: %.1f s of sound were left out, as the machine was too slow to hear them in "
                "time; close other programs",
                self.name,
                samples_to_seconds(self._n_dropped),
            )


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
