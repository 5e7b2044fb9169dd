"""BatchNorm over all processes: alone it is torch's own, and it takes its place unnoticed."""

import pytest
import torch
from torch import nn

from drumscribe.config import ModelConfig
from drumscribe.models.crnn import DrumCRNN

pytestmark = pytest.mark.slow


@pytest.fixture
def norms():
    """Torch's norm and ours with the same weights."""
    from drumscribe.training.joint import JointBatchNorm2d

    torch.manual_seed(1)
    theirs, ours = nn.BatchNorm2d(3), JointBatchNorm2d(3)
    nn.init.normal_(theirs.weight)
    nn.init.normal_(theirs.bias)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def batches(n_batches):
    """Activations (B, K, T, F) far from zero, where variances are easily lost."""
    generator = torch.Generator().manual_seed(2)
    return [20 + torch.randn(2, 3, 7, 5, generator=generator) for _ in range(n_batches)]


def test_alone_it_normalises_and_learns_as_torchs_own(norms):
    for batch in batches(3):
        found = []
        for norm in norms:
            x = batch.clone().requires_grad_()
            out = norm(x)
            (out**3).sum().backward()
            found.append((out, x.grad, norm.weight.grad, norm.bias.grad))
        for theirs, ours in zip(*found, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
    for theirs, ours in zip(norms[0].buffers(), norms[1].buffers(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_in_use_it_is_torchs_own(norms):
    theirs, ours = (norm.eval() for norm in norms)
    (batch,) = batches(1)
    assert torch.equal(ours(batch), theirs(batch))


def test_half_precision_stays_half_and_is_exact_inside(norms):
    _, ours = norms
    (batch,) = batches(1)
    half = batch.bfloat16()
    out = ours(half)
    assert out.dtype == torch.bfloat16
    assert torch.equal(out, ours(half.float()).bfloat16())


def test_a_network_keeps_its_names_weights_and_statistics():
    from drumscribe.training.joint import JointBatchNorm2d, join_batch_norms

    config = ModelConfig(conv_channels=(2, 3), frequency_pools=(2, 2), gru_units=2, dropout=0.0)
    network = DrumCRNN(config, n_mels=8, n_classes=2)
    x = torch.rand(2, 10, 8)
    network(x)  # moves the statistics away from where they begin
    before = {name: value.clone() for name, value in network.state_dict().items()}
    onset = network.eval()(x).onset
    join_batch_norms(network)
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert [type(norm) for norm in norms] == [JointBatchNorm2d] * 2
    after = network.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert torch.equal(network.eval()(x).onset, onset)
