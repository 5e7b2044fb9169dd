"""The pipeline from an audio file to events, with models that tests can look into."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
import soundfile

from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig, PeakPickingConfig
from drumscribe.drums import LANES8
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import ModelHeader
from drumscribe.timing import FRAME_RATE, SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError

HEADER = ModelHeader(
    LANES8,
    FeatureConfig(n_mels=16),
    ModelConfig((2,), (2,), 4, 1),
    dict.fromkeys(LANES8.names, 0.2),
)
CONFIG = InferenceConfig()
WHOLE = InferenceConfig(chunk_s=12.0, border_s=0.0)


class EnergyModel:
    """Hears every sound as a kick: each frame's mean level is its onset activation."""

    def __init__(self, header=HEADER, n_at_once=1):
        self.header = header
        self.n_at_once = n_at_once
        self.shapes = []

    def __call__(self, log_mel):
        self.shapes.append(log_mel.shape)
        onset = np.zeros((*log_mel.shape[:2], len(LANES8)), np.float32)
        onset[..., 0] = log_mel.mean(axis=2)
        return Activations(onset, onset / 2, None)


def click_track(path, times_s, duration_s, rate=SAMPLE_RATE):
    samples = np.zeros(round(duration_s * rate), np.float32)
    samples[[round(time_s * rate) for time_s in times_s]] = 1
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


def noise_log_mel(n_frames, n_mels=16, seed=0):
    return np.random.default_rng(seed).random((n_frames, n_mels), np.float32)


@pytest.mark.parametrize("n_samples", [2, 224, 225, 226, 1023, 22_050, 441_013])
@pytest.mark.parametrize("rate", [SAMPLE_RATE, 44_100, 8_000])
def test_the_duration_is_the_files_to_a_sample(tmp_path, n_samples, rate):
    soundfile.write(tmp_path / "a.wav", np.zeros(n_samples), rate)
    found = Transcriber(EnergyModel(), CONFIG).transcribe(tmp_path / "a.wav")
    assert found.duration_s == pytest.approx(n_samples / rate, abs=1 / SAMPLE_RATE)
    assert found.events == []
    assert found.kit is LANES8


@pytest.mark.parametrize("rate", [SAMPLE_RATE, 44_100, 48_000])
def test_clicks_come_back_within_a_frame_of_their_times(tmp_path, rate):
    """Times at the start, the end, beside chunk edges (20 s) and a minute into the file."""
    times_s = [0.0, 0.5, 1.0001, 3.3333, 10.0, 19.95, 20.004, 20.1, 40.0, 59.0, 66.66, 69.99]
    path = click_track(tmp_path / "clicks.wav", times_s, 70.0, rate)
    events = Transcriber(EnergyModel(), CONFIG).transcribe(path).events
    assert len(events) == len(times_s)
    for event, time_s in zip(events, times_s, strict=True):
        assert abs(event.onset_s - time_s) <= 1 / FRAME_RATE
        assert event.drum == "kick"


def test_a_quiet_recording_gives_what_a_loud_one_gives(tmp_path):
    noise = np.random.default_rng(1).normal(0, 0.2, 4 * SAMPLE_RATE) * (
        np.arange(4 * SAMPLE_RATE) % (SAMPLE_RATE // 2) < 2000
    )
    found = []
    for gain in (1, 0.02):
        soundfile.write(tmp_path / "a.wav", noise * gain, SAMPLE_RATE, subtype="FLOAT")
        found.append(Transcriber(EnergyModel(), CONFIG).transcribe(tmp_path / "a.wav").events)
    assert len(found[0]) >= 8
    assert [e.onset_s for e in found[0]] == [e.onset_s for e in found[1]]


def test_times_do_not_drift_in_a_long_file(tmp_path):
    times_s = np.arange(0.25, 150, 3.77)
    path = click_track(tmp_path / "clicks.wav", times_s, 150.0, 44_100)
    events = Transcriber(EnergyModel(), CONFIG).transcribe(path).events
    errors_s = np.array([event.onset_s for event in events]) - times_s
    assert np.abs(errors_s).max() <= 0.5 / FRAME_RATE + 1e-3
    assert abs(errors_s.mean()) < 0.2 / FRAME_RATE


@pytest.mark.parametrize("n_frames", [1, 97, 98, 99, 300, 980, 1000])
@pytest.mark.parametrize("block", [1, 128, 1000])
@pytest.mark.parametrize("n_at_once", [1, 2, 3])
def test_chunks_give_what_the_whole_gives(n_frames, block, n_at_once):
    log_mel = noise_log_mel(n_frames)
    blocks = [log_mel[first : first + block] for first in range(0, n_frames, block)]
    model = EnergyModel(n_at_once=n_at_once)
    chunked = Transcriber(model, InferenceConfig(chunk_s=1.0, border_s=0.1))
    whole = Transcriber(EnergyModel(), WHOLE)
    ours, expected = chunked.activations(blocks), whole.activations([log_mel])
    assert len(ours.onset) == n_frames
    np.testing.assert_array_equal(ours.onset, expected.onset)
    np.testing.assert_array_equal(ours.velocity, expected.velocity)
    assert ours.beat is None
    assert chunked.events(ours) == whole.events(expected)


def test_a_file_in_chunks_gives_the_events_of_the_whole(tmp_path):
    rng = np.random.default_rng(4)
    path = tmp_path / "noise.wav"
    soundfile.write(path, 0.1 * rng.normal(size=7 * SAMPLE_RATE), SAMPLE_RATE)
    chunked = Transcriber(EnergyModel(), InferenceConfig(chunk_s=1.0, border_s=0.1))
    whole = Transcriber(EnergyModel(), WHOLE)
    assert chunked.transcribe(path) == whole.transcribe(path)
    assert len(whole.transcribe(path).events) > 50


def test_the_model_sees_chunks_of_one_shape_a_few_at_a_time():
    model = EnergyModel()
    Transcriber(model, InferenceConfig(chunk_s=1.0, border_s=0.5)).activations([noise_log_mel(980)])
    assert {shape[1:] for shape in model.shapes} == {(98 + 2 * 49, 16)}
    assert sum(shape[0] for shape in model.shapes) == 10
    assert max(shape[0] for shape in model.shapes) <= 4


@pytest.mark.slow
@pytest.mark.parametrize(("duration_s", "n_times"), [(1790, 0), (1810, 1)])
def test_after_a_long_recording_the_model_gives_back_its_memory(duration_s, n_times):
    model = EnergyModel()
    freed = []
    model.free_memory = lambda: freed.append(len(model.shapes))
    blocks = (np.zeros(SAMPLE_RATE * 10, np.float32) for _ in range(duration_s // 10))
    Transcriber(model, InferenceConfig(chunk_s=600.0)).hear(blocks)
    assert freed == [len(model.shapes)] * n_times


def test_thresholds_come_from_the_model_and_can_be_replaced():
    header = dataclasses.replace(HEADER, thresholds=dict.fromkeys(LANES8.names, 0.2))
    heard = Activations(np.full((10, len(LANES8)), 0.3, np.float32), None, None)
    names = {e.drum for e in Transcriber(EnergyModel(header), CONFIG).events(heard)}
    assert names == set(LANES8.names)
    strict = Transcriber(EnergyModel(header), CONFIG, {"kick": 0.4, "ride": 0.9})
    assert {e.drum for e in strict.events(heard)} == set(LANES8.names) - {"kick", "ride"}
    assert header.thresholds["kick"] == 0.2


def test_a_threshold_for_an_unknown_drum_is_refused():
    with pytest.raises(DrumscribeError, match=r"unknown drum 'cowbell'; the model has kick, snare"):
        Transcriber(EnergyModel(), CONFIG, {"cowbell": 0.5})


@pytest.mark.parametrize("value", [40, -0.1, float("nan")])
def test_a_threshold_that_is_no_share_is_refused(value):
    with pytest.raises(DrumscribeError, match=r"thresholds: kick must be 0\.\.1"):
        Transcriber(EnergyModel(), CONFIG, {"kick": value})


def test_progress_adds_up_to_the_duration(tmp_path):
    path = click_track(tmp_path / "clicks.wav", [1.0], 45.5, 44_100)
    steps = []
    found = Transcriber(EnergyModel(), CONFIG).transcribe(path, on_progress=steps.append)
    assert len(steps) > 3
    assert sum(steps) == pytest.approx(found.duration_s)


def test_what_is_no_audio_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"not audio")
    with pytest.raises(DrumscribeError, match=r"a\.wav: "):
        Transcriber(EnergyModel(), CONFIG).transcribe(tmp_path / "a.wav")
    with pytest.raises(DrumscribeError, match=r"b\.wav: no such audio file"):
        Transcriber(EnergyModel(), CONFIG).transcribe(tmp_path / "b.wav")


def test_what_is_wrong_late_in_a_file_is_told_though_chunks_are_being_heard(tmp_path):
    samples = np.zeros(30 * SAMPLE_RATE, np.float32)
    samples[-1] = np.nan
    soundfile.write(tmp_path / "a.wav", samples, SAMPLE_RATE, subtype="FLOAT")
    transcriber = Transcriber(EnergyModel(n_at_once=2), InferenceConfig(chunk_s=1.0))
    with pytest.raises(DrumscribeError, match=r"a\.wav: holds NaN or infinite samples near 30"):
        transcriber.transcribe(tmp_path / "a.wav")
    assert 9 < len(transcriber.model.shapes) < 30


def test_the_real_network_hears_in_chunks_what_it_hears_in_the_whole():
    """Not exactly, as its recurrence sees a whole chunk: within 1e-5 with a second of context."""
    import torch

    from drumscribe.models.checkpoint import TorchFrameModel
    from drumscribe.models.crnn import DrumCRNN

    torch.manual_seed(0)
    config = ModelConfig(conv_channels=(4, 8), frequency_pools=(2, 2), gru_units=16)
    header = dataclasses.replace(HEADER, model=config)
    model = TorchFrameModel(DrumCRNN(config, n_mels=16, n_classes=8), header, "cpu")
    log_mel = noise_log_mel(12 * FRAME_RATE)

    def heard(chunk_s, border_s):
        config = InferenceConfig(chunk_s=chunk_s, border_s=border_s)
        found = Transcriber(model, config).activations([log_mel])
        return np.concatenate([found.onset, found.velocity, found.beat], axis=1)

    whole = heard(12.0, 1.0)
    np.testing.assert_allclose(heard(3.0, 1.0), whole, rtol=0, atol=1e-5)
    assert np.abs(heard(3.0, 0.0) - whole).max() > 1e-3, "context matters to it"


def peak_memory(path, model):
    """Peak bytes while transcribing, and bytes of the activations."""
    transcriber = Transcriber(model, InferenceConfig(chunk_s=5.0))
    model.shapes.clear()
    tracemalloc.start()
    try:
        found = transcriber.transcribe(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak, 2 * found.duration_s * FRAME_RATE * len(LANES8) * 4


@pytest.mark.slow
def test_memory_does_not_grow_with_the_recording(tmp_path):
    """Apart from the activations, which are held in parts and then joined."""
    noise = 0.01 * np.random.default_rng(0).normal(size=30 * SAMPLE_RATE).astype(np.float32)
    for n in (1, 10):
        with soundfile.SoundFile(tmp_path / f"{n}.wav", "w", SAMPLE_RATE, 1) as file:
            for _ in range(n):
                file.write(noise)
    model = EnergyModel()
    model(np.zeros((1, 2, 16), np.float32))
    short, short_activations = peak_memory(tmp_path / "1.wav", model)
    long, long_activations = peak_memory(tmp_path / "10.wav", model)
    growth = long - short
    assert growth < 2 * (long_activations - short_activations) + 1e6
    assert growth < 9 * 30 * SAMPLE_RATE * 4 / 4, "less than a quarter of the samples themselves"


def test_peak_picking_is_the_models_own_where_the_configuration_sets_none():
    own = PeakPickingConfig(peak_window_s=0.01, min_gap_s=0.07)
    model = EnergyModel(dataclasses.replace(HEADER, peak_picking=own))
    assert Transcriber(model, InferenceConfig()).settings.peak_picking == own
    found = Transcriber(model, InferenceConfig(min_gap_s=0.0)).settings.peak_picking
    assert found == PeakPickingConfig(peak_window_s=0.01, min_gap_s=0.0)
