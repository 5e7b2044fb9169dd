"""What tests of charts share: transcriptions on bars, and tempo maps of every kind."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from drumscribe.drums import ARTICULATIONS12, LANES8, Kit
from drumscribe.events import DrumEvent
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap, TimeSignature


def on_bars(
    events: Sequence[DrumEvent], tempo: TempoMap, *, kit: Kit = LANES8, duration_s: float = 30.0
) -> Transcription:
    """A transcription whose beats have been found."""
    return Transcription(sorted(events), kit, duration_s, tempo)


def _map(start_s: float, gaps_s: list[float], metres: list[tuple[int, int, int]]) -> TempoMap:
    signatures, beat = [], 0
    for numerator, denominator, n_bars in metres:
        signatures.append(TimeSignature(beat, numerator, denominator))
        beat += numerator * n_bars
    times_s = start_s + np.concatenate([[0.0], np.cumsum(gaps_s)])
    return TempoMap(tuple(times_s.tolist()), tuple(signatures))


tempo_maps = st.builds(
    _map,
    st.floats(-3, 4),
    st.lists(st.floats(0.15, 1.6), min_size=1, max_size=60),
    st.lists(
        st.tuples(st.integers(1, 13), st.sampled_from([2, 4, 8, 16]), st.integers(1, 3)),
        min_size=1,
        max_size=4,
    ),
)
"""Beats of changing length and metre that begin before, at or after second 0."""


def events_of(kit: Kit) -> st.SearchStrategy[list[DrumEvent]]:
    """Any hits of a kit in half a minute, however close."""
    event = st.builds(
        DrumEvent,
        st.floats(0, 30),
        st.sampled_from(kit.names),
        st.integers(1, 127),
        st.floats(0, 1),
    )
    return st.lists(event, max_size=40).map(sorted)


any_transcription = st.sampled_from([LANES8, ARTICULATIONS12]).flatmap(
    lambda kit: st.builds(
        lambda events, tempo, duration_s: on_bars(events, tempo, kit=kit, duration_s=duration_s),
        events_of(kit),
        tempo_maps,
        st.floats(0.1, 40),
    )
)
"""Whatever a transcriber might hand to a writer."""
