import platform
from copy import deepcopy

import torch
from torch import nn

from inference.engine.prepare import PackedLinear, fuse, pack, to_int8
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


def test_packed_weights_give_the_same_logits_for_any_number_of_rows(tiny: Model):
    packed = pack(deepcopy(tiny.model))
    if platform.machine() == "x86_64":
        assert type(packed.lm_head) is PackedLinear
    exact, near = (Runner(model, 3, 128) for model in (tiny.model, packed))
    for row, prompt in enumerate(([5, 9, 200, 33], [7], [8] * 40)):
        torch.testing.assert_close(near.prefill(row, prompt, 0), exact.prefill(row, prompt, 0), atol=1e-5, rtol=1e-5)
    positions = [4, 1, 40]
    for rows in (1, 2, 3):
        step = ([1, 2, 3][:rows], positions[:rows])
        torch.testing.assert_close(near.decode(*step), exact.decode(*step), atol=1e-5, rtol=1e-5)


def test_a_model_in_half_precision_is_not_packed(tiny: Model):
    half = deepcopy(tiny.model).bfloat16()
    assert [type(module) for module in pack(half).modules() if isinstance(module, PackedLinear)] == []


def test_the_original_model_is_left_as_it_was(tiny: Model):
    before = Runner(tiny.model, 1, 128).prefill(0, [1, 2, 3], 0)
    to_int8(deepcopy(tiny.model))
    assert torch.equal(Runner(tiny.model, 1, 128).prefill(0, [1, 2, 3], 0), before)
