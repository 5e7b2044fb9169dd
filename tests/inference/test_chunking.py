"""Cutting and joining are inverses, and the context of a chunk is what lies around it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.inference.chunking import keep_middle, split

CHUNK, BORDER = 10, 3
LENGTHS = [0, 1, BORDER - 1, BORDER, BORDER + 1, CHUNK - 1, CHUNK, CHUNK + 1]
LENGTHS += [CHUNK + BORDER, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 2 * BORDER + CHUNK, 1003]


def track(n_frames, n_mels=2):
    """Log-mel in which each frame tells its number, from 1 on: 0 is silence."""
    return np.stack([np.arange(1, n_frames + 1)] * n_mels, axis=1).astype(np.float32)


def cut(log_mel, sizes):
    """Blocks of the given sizes, the rest as the last one."""
    return np.split(log_mel, np.cumsum(sizes)) if len(log_mel) else []


def joined(log_mel_blocks, chunk=CHUNK, border=BORDER, model=lambda frames: frames):
    parts = [
        keep_middle(model(piece.log_mel), piece, border_frames=border)
        for piece in split(log_mel_blocks, chunk_frames=chunk, border_frames=border)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 2), np.float32)


@pytest.mark.parametrize("n_frames", LENGTHS)
@pytest.mark.parametrize("border", [0, BORDER, CHUNK, 3 * CHUNK])
def test_joining_gives_back_what_was_split(n_frames, border):
    np.testing.assert_array_equal(joined([track(n_frames)], border=border), track(n_frames))


@given(
    n_frames=st.integers(0, 300),
    sizes=st.lists(st.integers(0, 60), max_size=20),
    chunk=st.integers(1, 50),
    border=st.integers(0, 60),
)
def test_a_per_frame_model_gives_the_same_in_chunks_of_blocks_as_whole(
    n_frames, sizes, chunk, border
):
    def model(frames):
        return np.sin(frames[:, :1]) * frames[:, 1:]

    log_mel = track(n_frames)
    found = joined(cut(log_mel, sizes), chunk, border, model)
    np.testing.assert_array_equal(found, model(log_mel) if n_frames else found)
    assert len(found) == n_frames


@given(
    n_frames=st.integers(1, 200),
    sizes=st.lists(st.integers(0, 60), max_size=10),
    chunk=st.integers(1, 30),
    border=st.integers(0, 40),
)
def test_the_context_of_a_chunk_is_the_neighbouring_frames(n_frames, sizes, chunk, border):
    padded = np.pad(track(n_frames), ((border, chunk + border), (0, 0)))
    pieces = list(split(cut(track(n_frames), sizes), chunk_frames=chunk, border_frames=border))
    for index, piece in enumerate(pieces):
        start = index * chunk
        stop = start + len(piece.log_mel)
        assert len(piece.log_mel) >= piece.n_frames + 2 * border
        np.testing.assert_array_equal(piece.log_mel, padded[start:stop])


@given(n_frames=st.integers(1, 200), chunk=st.integers(1, 30), border=st.integers(0, 40))
def test_a_model_that_sees_no_further_than_the_border_gives_the_same_in_chunks(
    n_frames, chunk, border
):
    def model(frames):
        """The sum of each frame and those up to ``border`` frames from it."""
        sums = np.convolve(frames[:, 0], np.ones(2 * border + 1, np.float32))
        return sums[border : border + len(frames), None]

    np.testing.assert_array_equal(
        joined([track(n_frames)], chunk, border, model), model(track(n_frames))
    )


@pytest.mark.parametrize("n_frames", LENGTHS)
@pytest.mark.parametrize("step", [1, 4, 100])
def test_chunks_are_no_more_and_no_longer_than_needed(n_frames, step):
    pieces = list(
        split([track(n_frames)], chunk_frames=CHUNK, border_frames=BORDER, step_frames=step)
    )
    longest = CHUNK + 2 * BORDER
    assert {piece.log_mel.shape for piece in pieces[:-1]} <= {(longest, 2)}
    assert {piece.log_mel.dtype for piece in pieces} <= {np.dtype(np.float32)}
    assert len(pieces) == -(-n_frames // CHUNK)
    assert [piece.n_frames for piece in pieces[:-1]] == [CHUNK] * (len(pieces) - 1)
    assert sum(piece.n_frames for piece in pieces) == n_frames
    for piece in pieces[-1:]:
        n_needed = piece.n_frames + 2 * BORDER
        assert n_needed <= len(piece.log_mel) <= min(longest, n_needed + step - 1)


def test_chunks_come_while_blocks_still_arrive():
    """So that memory is bounded: no chunk waits for the end of the recording."""
    n_read = 0

    def blocks():
        nonlocal n_read
        for _ in range(1000):
            n_read += 1
            yield np.ones((7, 2), np.float32)

    pieces = split(blocks(), chunk_frames=CHUNK, border_frames=BORDER)
    for index in range(1, 100):
        next(pieces)
        assert 7 * n_read < index * CHUNK + BORDER + 7


def test_a_chunk_keeps_its_frames_when_the_next_is_made():
    pieces = list(split([track(35)], chunk_frames=CHUNK, border_frames=BORDER))
    middles = [piece.log_mel[BORDER : BORDER + piece.n_frames, 0] for piece in pieces]
    np.testing.assert_array_equal(np.concatenate(middles), np.arange(1, 36))


def test_outputs_of_any_shape_are_kept():
    (piece,) = split([track(4)], chunk_frames=CHUNK, border_frames=BORDER)
    output = np.arange(10 * 8 * 3).reshape(10, 8, 3)
    kept = keep_middle(output, piece, border_frames=BORDER)
    np.testing.assert_array_equal(kept, output[3:7])
