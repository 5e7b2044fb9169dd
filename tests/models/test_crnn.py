"""The network: shapes, one decision per frame, and nothing hidden in its construction."""

import dataclasses

import pytest
import torch

from drumscribe.config import ModelConfig
from drumscribe.models.crnn import DrumCRNN, activations, count_parameters
from drumscribe.utils.errors import DrumscribeError

SMALL = ModelConfig(conv_channels=(3, 5), frequency_pools=(2, 3), gru_units=4, gru_layers=2)
N_MELS, N_CLASSES = 13, 8


def network(seed=0, **changes):
    torch.manual_seed(seed)
    config = dataclasses.replace(SMALL, **changes)
    return DrumCRNN(config, n_mels=N_MELS, n_classes=N_CLASSES)


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 98, 101])
@pytest.mark.parametrize("n_items", [1, 3])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("n_ahead", [None, 0, 2])
def test_there_is_one_decision_for_each_frame(n_frames, n_items, training, n_ahead):
    logits = network(lookahead_frames=n_ahead).train(training)(noise(n_items, n_frames, N_MELS))
    assert logits.onset.shape == (n_items, n_frames, N_CLASSES)
    assert logits.velocity.shape == (n_items, n_frames, N_CLASSES)
    assert logits.beat.shape == (n_items, n_frames, 2)


def test_every_frame_decides_from_its_own_surroundings():
    """A sound moved by one frame moves the convolutions' output by one frame: no hidden pooling."""
    model = network().eval()
    log_mel = torch.zeros(1, 41, N_MELS)
    log_mel[0, 20] = 1
    with torch.inference_mode():
        here = model.convolutions(log_mel.unsqueeze(1))
        later = model.convolutions(torch.roll(log_mel, 1, dims=1).unsqueeze(1))
    torch.testing.assert_close(torch.roll(here, 1, dims=2)[:, :, 5:-5], later[:, :, 5:-5])


def test_a_batch_gives_what_each_item_gives_alone():
    model = network().eval()
    batch = noise(4, 50, N_MELS)
    with torch.inference_mode():
        together = model(batch)
        for index in range(4):
            alone = model(batch[index : index + 1])
            for whole, one in zip(together, alone, strict=True):
                torch.testing.assert_close(whole[index : index + 1], one, rtol=1e-5, atol=1e-6)


def test_eval_is_deterministic_and_training_drops_out():
    model, batch = network(dropout=0.5), noise(2, 50, N_MELS)
    model.eval()
    assert torch.equal(model(batch).onset, model(batch).onset)
    model.train()
    assert not torch.equal(model(batch).onset, model(batch).onset)


def test_the_same_seed_gives_the_same_weights():
    one, same, other = network(1).state_dict(), network(1).state_dict(), network(2).state_dict()
    assert one.keys() == same.keys()
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_construction_runs_nothing_through_the_network():
    counters = [
        module.num_batches_tracked
        for module in network().modules()
        if isinstance(module, torch.nn.BatchNorm2d)
    ]
    assert [int(counter) for counter in counters] == [0, 0]


@pytest.mark.parametrize("n_ahead", [0, 1, 2])
def test_a_causal_network_hears_so_many_frames_ahead_and_no_more(n_ahead):
    model = network(lookahead_frames=n_ahead).eval()
    log_mel = noise(1, 40, N_MELS)
    changed = log_mel.clone()
    changed[0, 20:] = noise(20, N_MELS, seed=1)
    with torch.inference_mode():
        before, after = model(log_mel), model(changed)
    for one, other in zip(before, after, strict=True):
        differs = (one != other).any(dim=2)[0]
        assert not differs[: 20 - n_ahead].any()
        assert differs[20 - n_ahead]


@pytest.mark.parametrize("n_ahead", [0, 2])
def test_a_causal_network_goes_on_where_it_stopped(n_ahead):
    model = network(lookahead_frames=n_ahead).eval()
    log_mel = noise(2, 30, N_MELS)
    heard = torch.nn.functional.pad(log_mel, (0, 0, 4 - n_ahead, n_ahead))  # two blocks: 4 frames
    with torch.inference_mode():
        whole = model(log_mel)
        first, state = model.step(heard[:, : 11 + 4])
        second, _ = model.step(heard[:, 11:], state)
    for head, one, two in zip(whole, first, second, strict=True):
        torch.testing.assert_close(torch.cat([one, two], dim=1), head, rtol=1e-5, atol=1e-6)


def test_a_causal_network_begins_with_the_forward_half_of_another():
    """Without what its other half says of the future, that one says the same."""
    whole, causal = network(seed=1).eval(), network(seed=2, lookahead_frames=2).eval()
    causal.load_forward_half(whole.state_dict())
    n_units = SMALL.gru_units
    with torch.no_grad():
        for name, weight in whole.named_parameters():
            reads_both = name.endswith("_head.weight") or "recurrence.weight_ih_l1" in name
            if reads_both:
                weight[:, -n_units:] = 0
        log_mel = noise(1, 30, N_MELS)
        local = whole.convolutions(log_mel.unsqueeze(1)).transpose(1, 2).flatten(2)
        padded = torch.nn.functional.pad(log_mel, (0, 0, 2, 2)).unsqueeze(1)
        alone = causal.convolutions(padded).transpose(1, 2).flatten(2)
        torch.testing.assert_close(alone[:, 2:-2], local[:, 2:-2])  # padded otherwise at the ends
        forward, both = causal.recurrence(local)[0], whole.recurrence(local)[0]
        torch.testing.assert_close(forward, both[:, :, :n_units])
        for name in ("onset_head", "beat_head"):
            said = getattr(whole, name)(both)
            torch.testing.assert_close(getattr(causal, name)(forward), said)
        said = whole.velocity_head(torch.cat([local, both], dim=2))
        torch.testing.assert_close(causal.velocity_head(torch.cat([local, forward], dim=2)), said)


@pytest.mark.parametrize("n_ahead", [None, 1])
def test_every_parameter_learns(n_ahead):
    model = network(lookahead_frames=n_ahead)
    logits = model(noise(2, 30, N_MELS))
    sum(head.square().sum() for head in logits).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("velocity", [True, False])
@pytest.mark.parametrize("beat", [True, False])
def test_heads_are_optional(velocity, beat):
    model = network(velocity_head=velocity, beat_head=beat).eval()
    logits = model(noise(1, 5, N_MELS))
    assert (logits.velocity is not None) == velocity
    assert (logits.beat is not None) == beat
    wanted = {"onset"} | ({"velocity"} if velocity else set()) | ({"beat"} if beat else set())
    assert activations(logits).keys() == wanted
    assert not velocity or any(name.startswith("velocity") for name in model.state_dict())


def test_activations_are_float_sigmoids():
    logits = network().eval()(noise(1, 5, N_MELS))
    heads = activations(logits._replace(onset=logits.onset.half()))
    assert all(head.dtype == torch.float32 for head in heads.values())
    torch.testing.assert_close(heads["velocity"], torch.sigmoid(logits.velocity))


def test_the_parameters_are_the_sum_of_the_layers():
    config = ModelConfig(conv_channels=(2,), frequency_pools=(2,), gru_units=3, gru_layers=1)
    model = DrumCRNN(config, n_mels=8, n_classes=8)
    convolution = 2 * 9 + 2 * 2  # kernel, batch norm's scale and shift
    recurrence = 2 * 3 * 3 * (2 * 4 + 3 + 2)  # both directions, three gates, input + state + biases
    heads = (2 * 3 + 1) * (8 + 2) + (2 * 4 + 2 * 3 + 1) * 8  # velocity hears the convolutions too
    assert count_parameters(model) == convolution + recurrence + heads


def test_the_default_network_is_of_a_sensible_size():
    """About two million parameters: 8 MB, trainable on a card with 8 GB."""
    assert 1e6 < count_parameters(DrumCRNN(ModelConfig(), n_mels=128, n_classes=8)) < 4e6


@pytest.mark.parametrize(("pools", "n_mels"), [((4, 4), 13), ((2, 16), 31), ((14, 1), 13)])
def test_pooling_that_leaves_no_band_is_refused(pools, n_mels):
    config = dataclasses.replace(SMALL, frequency_pools=pools)
    with pytest.raises(DrumscribeError, match=rf"frequency_pools.*none of {n_mels} mel bands"):
        DrumCRNN(config, n_mels=n_mels, n_classes=8)


def test_pooling_that_leaves_one_band_is_enough():
    model = DrumCRNN(dataclasses.replace(SMALL, frequency_pools=(4, 3)), n_mels=13, n_classes=8)
    assert model(noise(1, 5, 13)).onset.shape == (1, 5, 8)
