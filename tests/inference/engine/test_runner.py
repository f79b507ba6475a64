import torch

from inference.engine.runner import Runner
from tests.inference.conftest import Model

PROMPT = [5, 9, 200, 33, 47, 12, 80]


def reference(tiny: Model, *token_ids: int) -> torch.Tensor:
    with torch.inference_mode():
        return tiny.model(torch.tensor([token_ids])).logits[:, -1]


def test_prefill_equals_the_model_in_one_go_or_in_pieces(tiny: Model):
    runner = Runner(tiny.model, 3, 128)
    whole = runner.prefill(1, PROMPT, 0)
    runner.prefill(2, PROMPT[:3], 0)
    pieces = runner.prefill(2, PROMPT[3:], 3)
    for logits in (whole, pieces):
        torch.testing.assert_close(logits, reference(tiny, *PROMPT), atol=1e-5, rtol=1e-5)


def test_decode_gives_every_row_its_own_position(tiny: Model):
    runner = Runner(tiny.model, 3, 128)
    runner.prefill(0, PROMPT, 0)
    runner.prefill(1, PROMPT[:2], 0)
    logits = runner.decode([7, 8], [7, 2])
    torch.testing.assert_close(logits[:1], reference(tiny, *PROMPT, 7), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(logits[1:], reference(tiny, *PROMPT[:2], 8), atol=1e-5, rtol=1e-5)


def test_a_moved_row_goes_on_as_before(tiny: Model):
    runner = Runner(tiny.model, 3, 128)
    runner.prefill(2, PROMPT, 0)
    runner.move(2, 0, len(PROMPT))
    torch.testing.assert_close(runner.decode([7], [7]), reference(tiny, *PROMPT, 7), atol=1e-5, rtol=1e-5)


def test_what_a_row_held_before_is_not_seen(tiny: Model):
    runner = Runner(tiny.model, 1, 128)
    runner.prefill(0, PROMPT * 5, 0)
    logits = runner.prefill(0, PROMPT, 0)
    torch.testing.assert_close(logits, reference(tiny, *PROMPT), atol=1e-5, rtol=1e-5)
