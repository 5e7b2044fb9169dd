"""What a worker writes for the page, with a model of known answers."""

import json

import numpy as np
import pytest
import soundfile

from drumscribe.config import FeatureConfig, InferenceConfig, ModelConfig
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.calibration import Calibration
from drumscribe.models.frame_model import Activations
from drumscribe.models.header import ModelHeader
from drumscribe.timing import SAMPLE_RATE
from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.hearing import activation_bytes, hear_recording


class StubModel:
    """Hears one class at every frame and nothing else."""

    n_at_once = 1

    def __init__(self, header, index, level):
        self.header = header
        self._index = index
        self._level = level

    def __call__(self, log_mel):
        onset = np.zeros((*log_mel.shape[:2], len(self.header.kit)), np.float32)
        onset[:, :, self._index] = self._level
        return Activations(onset, None, None)


def transcriber_that_hears(kit, name, level, calibration=None):
    header = ModelHeader(
        kit=kit,
        features=FeatureConfig(),
        model=ModelConfig(),
        thresholds={drum: 0.3 + index / 100 for index, drum in enumerate(kit.names)},
        calibration=calibration or {},
    )

    return Transcriber(StubModel(header, kit.index_by_name[name], level), InferenceConfig())


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "recording.wav"
    soundfile.write(path, np.zeros(SAMPLE_RATE, np.float32), SAMPLE_RATE)
    return path


def hear(recording, transcriber, **changes):
    told = []
    options = {"model_sha256": "", "bpm": None, "max_duration_s": 60.0, **changes}
    hear_recording(recording, transcriber, on_progress=lambda *step: told.append(step), **options)
    result = json.loads((recording.parent / "result.json").read_text())
    levels = np.fromfile(recording.parent / "activations.u8", np.uint8).reshape(-1, 8)
    return result, levels, told


def test_articulations_fold_onto_lanes(recording):
    transcriber = transcriber_that_hears(ARTICULATIONS12, "hihat_open", 0.8)
    result, levels, _ = hear(recording, transcriber)
    hihat = LANES8.index_by_name["hihat"]
    assert (levels[:, hihat] == round(0.8 * 255)).all()
    assert levels.sum() == levels[:, hihat].sum()
    assert {event[1] for event in result["events"]} == {"hihat"}
    # The lowest threshold of closed, open and pedal.
    assert result["thresholds"]["hihat"] == pytest.approx(0.33)
    assert set(result["thresholds"]) == set(LANES8.names)


def test_calibration_is_told_where_lanes_are_classes(recording):
    numbers = dict.fromkeys(LANES8.names, Calibration(2.0, -1.0))
    result, _, _ = hear(recording, transcriber_that_hears(LANES8, "kick", 0.8, numbers))
    assert result["calibration"]["ride"] == {"scale": 2.0, "offset": -1.0}
    result, _, _ = hear(recording, transcriber_that_hears(LANES8, "kick", 0.8))
    assert result["calibration"] is None


def test_a_model_without_velocities_has_them_all_alike(recording):
    hear(recording, transcriber_that_hears(LANES8, "kick", 0.8))
    velocities = np.fromfile(recording.parent / "velocities.u8", np.uint8)
    assert set((velocities / 255 * 127).round()) == {100}


def test_a_known_tempo_is_kept(recording):
    transcriber = transcriber_that_hears(LANES8, "kick", 0.8)
    result, _, _ = hear(recording, transcriber, bpm=90.0)
    assert result["tempo"]["bpm"] == pytest.approx(90)


def test_progress_goes_from_decoding_through_listening_to_beats(recording):
    _, _, told = hear(recording, transcriber_that_hears(LANES8, "kick", 0.8))
    assert [stage for stage, _ in told][:: len(told) - 1] == ["decoding", "beats"]
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] < 1
    # Also while the file is only looked at, which takes long for a long one.
    assert [stage for stage, _ in told].count("decoding") > 1


def test_a_recording_that_is_too_long_leaves_no_result(recording):
    transcriber = transcriber_that_hears(LANES8, "kick", 0.8)
    with pytest.raises(DrumscribeError, match="is longer than"):
        hear(recording, transcriber, max_duration_s=0.6)
    assert not (recording.parent / "result.json").exists()


def test_two_hearings_write_the_same_bytes(recording):
    transcriber = transcriber_that_hears(LANES8, "kick", 0.8)
    first = hear(recording, transcriber)
    assert first[0] == hear(recording, transcriber)[0]


def test_a_peak_that_is_flat_to_a_byte_stays_on_its_frame():
    rise = np.array([[0.1, 0.9968, 0.9979, 0.9974, 0.9973, 0.1, 0.0004, 0.0005]], np.float32).T
    levels = np.frombuffer(activation_bytes(rise), np.uint8)
    assert levels.argmax() == 2
    assert (levels == levels.max()).sum() == 1
    assert np.abs(levels - rise[:, 0] * 255).max() <= 1.5
    assert levels[-2:].tolist() == [0, 0]


class FlatModel:
    """Hears every class a little more or less at every frame, by less than a byte can tell."""

    header = ModelHeader(LANES8, FeatureConfig(), ModelConfig(), dict.fromkeys(LANES8.names, 0.3))
    n_at_once = 1

    def __call__(self, log_mel):
        onset = 0.6 + 0.002 * (100 * log_mel[:, :, : len(LANES8)] % 1)
        return Activations(onset.astype(np.float32), None, None)


def test_peaks_stay_on_their_frames_where_a_recording_is_cut(recording, rng):
    noise = 0.1 * rng.standard_normal(12 * SAMPLE_RATE)
    soundfile.write(recording, noise.astype(np.float32), SAMPLE_RATE)
    whole, cut = (
        hear(recording, Transcriber(FlatModel(), InferenceConfig(chunk_s=chunk_s)))[1]
        for chunk_s in (60.0, 1.0)
    )
    assert len(set(whole.ravel())) > 1
    np.testing.assert_array_equal(cut, whole)
