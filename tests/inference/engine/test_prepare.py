from copy import deepcopy

import torch
from torch import nn

from inference.engine.prepare import fuse, to_int8
from inference.engine.runner import Runner
from tests.inference.conftest import Model


def test_every_linear_layer_is_replaced_and_the_output_stays_near(tiny: Model):
    quantized = to_int8(deepcopy(tiny.model))
    assert [type(m) for m in quantized.modules() if type(m) in (nn.Linear,) or type(m).__name__ == "Conv1D"] == []
    prompt = [5, 9, 200, 33]
    exact, near = (Runner(model, 1, 128).prefill(0, prompt, 0) for model in (tiny.model, quantized))
    assert torch.nn.functional.cosine_similarity(exact, near).item() > 0.99


def test_the_fused_activation_gives_the_same_logits(tiny: Model):
    fused = fuse(deepcopy(tiny.model))
    assert [type(block.mlp.act) for block in fused.transformer.h] == [nn.GELU, nn.GELU]
    exact, near = (Runner(model, 1, 128).prefill(0, [5, 9, 200, 33], 0) for model in (tiny.model, fused))
    torch.testing.assert_close(near, exact, atol=1e-6, rtol=1e-6)


def test_the_original_model_is_left_as_it_was(tiny: Model):
    before = Runner(tiny.model, 1, 128).prefill(0, [1, 2, 3], 0)
    to_int8(deepcopy(tiny.model))
    assert torch.equal(Runner(tiny.model, 1, 128).prefill(0, [1, 2, 3], 0), before)
