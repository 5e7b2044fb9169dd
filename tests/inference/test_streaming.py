"""Live events: the same however the sound is cut, and never later than is stated."""

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig, PeakPickingConfig
from drumscribe.data.audio_level import levelled
from drumscribe.data.log_mel import log_mel
from drumscribe.drums import LANES8
from drumscribe.inference.peak_picking import DEFAULT_VELOCITY
from drumscribe.inference.picker_settings import PickerSettings
from drumscribe.inference.streaming import (
    ActivationStream,
    LivePicker,
    StreamedTranscriber,
    StreamingTranscriber,
)
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.calibration import Calibration
from drumscribe.models.checkpoint import STATE_PREFIX
from drumscribe.models.crnn import DrumCRNN
from drumscribe.models.export import export_onnx
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import HEADER_KEY, ModelHeader
from drumscribe.models.onnx_model import load_onnx
from drumscribe.timing import FRAME_RATE, SAMPLE_RATE, seconds_to_frame
from drumscribe.utils.errors import DrumscribeError

CONFIG = InferenceConfig()
PICKING = PeakPickingConfig()  # higher than the 2 frames before, 3 frames after the last hit
LOW = dict.fromkeys(LANES8.names, 0.5)


def make_model(folder, n_ahead):
    """A network with weights that make it hear hits in noise, at thresholds that it reaches."""
    config = ModelConfig((4, 6), (2, 2), 5, 2, lookahead_frames=n_ahead)
    torch.manual_seed(2)
    network = DrumCRNN(config, n_mels=16, n_classes=len(LANES8))
    with torch.no_grad():
        network.onset_head.weight.mul_(10)
    network(torch.rand(4, 30, 16))
    header = ModelHeader(LANES8, FeatureConfig(n_mels=16), config, LOW)
    weights = {STATE_PREFIX + name: value for name, value in network.state_dict().items()}
    torch.save({"state_dict": weights, HEADER_KEY: header.to_dict()}, folder / "m.ckpt")
    export_onnx(folder / "m.ckpt", folder / "m.onnx")
    return load_onnx(folder / "m.onnx")


@pytest.fixture(scope="module", params=[0, 2])
def model(tmp_path_factory, request):
    return make_model(tmp_path_factory.mktemp("live"), request.param)


def noisy_hits(n_samples=8000):
    rng = np.random.default_rng(6)
    level = 0.01 + (np.arange(n_samples) % 1900 < 300)
    return (0.4 * level * rng.standard_normal(n_samples)).astype(np.float32)


def heard(model, blocks):
    transcriber = StreamingTranscriber(model, CONFIG)
    events = [event for block in blocks for event in transcriber.push(block)]
    return events + transcriber.finish()


@given(cuts=st.lists(st.integers(0, 8000), max_size=20))
def test_the_events_are_the_same_however_the_sound_is_cut(model, cuts):
    samples = noisy_hits()
    wanted = heard(model, [samples])
    assert len(wanted) > 3
    assert heard(model, np.split(samples, sorted(cuts))) == wanted


@pytest.mark.parametrize("n_block", [1, 75, 1024])
def test_blocks_of_any_size_give_the_same_events(model, n_block):
    samples = noisy_hits()
    blocks = np.split(samples, range(n_block, len(samples), n_block))
    assert heard(model, blocks) == heard(model, [samples])


def test_evaluation_hears_what_a_stream_hears(model):
    samples = noisy_hits()
    transcriber = StreamedTranscriber(model, CONFIG)
    activations = transcriber.activations([log_mel(samples, model.header.features)])
    found = [(event.onset_s, event.drum) for event in transcriber.events(activations)]
    assert found == [(event.onset_s, event.drum) for event in heard(model, [samples])]


def test_frame_by_frame_a_model_says_what_it_says_at_once(model):
    frames = np.random.default_rng(7).random((60, 16), dtype=np.float32)
    at_once = model(frames[None])
    streamed = StreamedTranscriber(model, CONFIG).activations([frames[:17], frames[17:]])
    np.testing.assert_allclose(streamed.onset, at_once.onset[0], atol=1e-5)
    np.testing.assert_allclose(streamed.velocity, at_once.velocity[0], atol=1e-5)
    np.testing.assert_allclose(streamed.beat, at_once.beat[0], atol=1e-5)
    stream = ActivationStream(model)
    assert len(list(stream.push(frames))) == 60 - model.header.model.lookahead_frames


def test_no_hit_is_told_later_than_stated(model):
    """Sample by sample around the due moment: there to the sample, and not a sample before."""
    samples = noisy_hits()
    transcriber = StreamingTranscriber(model, CONFIG)
    n_ahead = model.header.model.lookahead_frames
    assert transcriber.latency_s == pytest.approx((512 + 225 * n_ahead) / 22_050)
    told = 0
    for n_pushed, sample in enumerate(samples, start=1):
        for event in transcriber.push(sample[None]):
            assert n_pushed / SAMPLE_RATE - event.onset_s == pytest.approx(transcriber.latency_s)
            told += 1
    assert told > 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_does_not_deafen_it(model, bad):
    samples = noisy_hits()
    spoilt = samples.copy()
    spoilt[100] = bad
    late = [event for event in heard(model, [spoilt]) if event.onset_s > 0.2]
    assert len(late) > 2


def test_a_model_that_hears_whole_recordings_is_refused(tmp_path):
    offline = make_model(tmp_path, None)
    for kind in (StreamingTranscriber, StreamedTranscriber):
        with pytest.raises(DrumscribeError, match="hears whole recordings; name a live model"):
            kind(offline, CONFIG)


def picked(values, threshold=0.5, config=PICKING):
    """Frames of the hits of one drum."""
    picker = LivePicker(PickerSettings(LANES8, config, LOW | {"snare": threshold}))
    frames = []
    for value in values:
        onset = np.zeros((1, len(LANES8)), np.float32)
        onset[0, LANES8.index_by_name["snare"]] = value
        frames += [
            seconds_to_frame(event.onset_s) for event in picker.push(Activations(onset, None, None))
        ]
    return frames


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.2, 0.9, 0.3, 0], [2]),
        ([0.9, 0.2, 0, 0], [0]),
        ([0, 0.4, 0.49, 0.4], []),
        ([0, 0.5, 0], [1]),  # reaching the threshold is enough
        ([0, 0.6, 0.9, 0.6], [1]),  # at once, not at the peak
        ([0, 0.6, 0.1, 0.9, 0], [1]),  # two frames apart: the first
        ([0, 0.6, 0.1, 0.1, 0.9], [1, 4]),  # three frames apart: both
        ([0, 0.9, 0.6, 0.5, 0.6, 0.9], [1, 5]),  # falls and rises again above the threshold
        ([0.9] * 9, [0]),  # a plateau is one hit
    ],
)
def test_hits_are_the_first_frames_that_reach_the_threshold(values, expected):
    assert picked(values) == expected


@given(
    values=st.lists(st.sampled_from([0.0, 0.3, 0.5, 0.6, 0.8, 1.0]), max_size=60),
    gap_s=st.floats(0, 0.2),
)
def test_hits_reach_the_threshold_and_keep_the_gap(values, gap_s):
    frames = picked(values, config=PeakPickingConfig(min_gap_s=gap_s))
    assert all(values[frame] >= 0.5 for frame in frames)
    assert all(np.diff(frames) >= gap_s * FRAME_RATE - 1e-6)
    assert bool(frames) == (max(values, default=0) >= 0.5)


def test_a_hit_carries_velocity_and_confidence():
    onset = np.full((1, len(LANES8)), 0.6, np.float32)
    thresholds = dict.fromkeys(LANES8.names, 0.9) | {"kick": 0.5}
    calibration = dict.fromkeys(LANES8.names, Calibration(0.0, 0.0))
    plain = LivePicker(PickerSettings(LANES8, PICKING, thresholds))
    [event] = plain.push(Activations(onset, None, None))
    assert (event.drum, event.velocity) == ("kick", DEFAULT_VELOCITY)
    assert event.confidence == pytest.approx(0.6)
    judged = LivePicker(PickerSettings(LANES8, PICKING, thresholds, calibration))
    [event] = judged.push(Activations(onset, np.full_like(onset, 0.5), None))
    assert (event.velocity, event.confidence) == (64, pytest.approx(0.5))


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ({"high_tom": 0.9, "mid_tom": 0.7, "low_tom": 0.6}, {"high_tom"}),
        ({"mid_tom": 0.8, "low_tom": 0.8}, {"mid_tom", "low_tom"}),  # both arms
        ({"kick": 0.6, "high_tom": 0.9, "crash": 0.6}, {"kick", "high_tom", "crash"}),
    ],
)
def test_one_stroke_on_a_tom_is_not_told_as_two(heights, expected):
    picker = LivePicker(PickerSettings(LANES8, PICKING, dict.fromkeys(LANES8.names, 0.5)))
    onset = np.array([[heights.get(name, 0.0) for name in LANES8.names]], np.float32)
    events = picker.push(Activations(onset, None, None))
    assert {event.drum for event in events} == expected


def test_thresholds_of_the_user_replace_the_models(model):
    never = StreamingTranscriber(model, CONFIG, dict.fromkeys(LANES8.names, 1.0))
    assert never.push(noisy_hits()) + never.finish() == []
    with pytest.raises(DrumscribeError, match="unknown drum 'gong'"):
        StreamingTranscriber(model, CONFIG, {"gong": 0.5})
    assert isinstance(StreamedTranscriber(model, CONFIG), Transcriber)


def test_samples_of_any_width_are_heard_alike_and_whole_numbers_refused(model):
    samples = noisy_hits()
    assert heard(model, [samples.astype(np.float64)]) == heard(model, [samples]) != []
    for refused in (samples.astype(np.int16), samples[:, None]):
        with pytest.raises(DrumscribeError, match="must be floats"):
            StreamingTranscriber(model, CONFIG).push(refused)


def test_a_whole_recording_is_heard_as_its_stream_is(model, tmp_path):
    """A stream whose input is set to full scale, as files are brought to it."""
    samples = levelled(noisy_hits())
    soundfile.write(tmp_path / "a.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    transcriber = StreamedTranscriber(model, CONFIG)
    wanted = [(event.onset_s, event.drum) for event in heard(model, [samples])]
    whole = transcriber.transcribe(tmp_path / "a.wav").events
    in_parts = transcriber.hear([samples[:100], samples[100:]]).events
    for events in (whole, in_parts):
        assert [(event.onset_s, event.drum) for event in events] == wanted
