import pytest

from inference.errors import InvalidRequest
from inference.types import ChatMessage, Request, Role, Sampling

USER = (ChatMessage(Role.USER, "x"),)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"top_k": -1},
        {"max_new_tokens": 0},
        {"max_new_tokens": 4097},
        {"n": 0},
        {"n": 9},
        {"stop": ("",)},
        {"stop": ("a",) * 9},
    ],
)
def test_sampling_out_of_range_names_the_field(options):
    with pytest.raises(InvalidRequest, match=next(iter(options))):
        Sampling(**options)


def test_a_request_needs_messages():
    with pytest.raises(InvalidRequest, match="messages"):
        Request(())


def test_a_continued_answer_has_one_candidate():
    with pytest.raises(InvalidRequest, match="n must be 1"):
        Request(USER, Sampling(n=2), prefix="Your")


def test_requests_have_ids_of_their_own():
    assert Request(USER).id != Request(USER).id
