"""Why an answer is as it is: a real one of the embedded checkpoint, panel by panel, and answers that have no tokens."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.test import Client

import inference
from chat.models import Generation, Message
from chat.privacy.actions import open_personal_data
from chat.replies import build_request
from chat.review.explaining import answer as answers
from chat.review.explaining.answer import Answer, Words, checkpoint_of, other_engine
from chat.review.explaining.drawing import around, bars, percent, shade, step
from chat.review.models import ExplanationOpening
from chat.tally import facts_of
from inference import checkpoints
from tests.chat.admin.conftest import Talk, make_staff, signed_in
from tests.scripted import ScriptedBackend

pytestmark = pytest.mark.django_db

REVIEWER = ("review.view_comparison", "chat.read_transcripts")
OWN = ["prompt", "tokens", "belief", "support", "other", "leave_one_out", "saliency", "attention", "lens"]
ARRIVAL = "my new card still has not arrived"


@pytest.fixture
def client() -> Client:
    return signed_in(make_staff(*REVIEWER))


@pytest.fixture
def engines() -> Iterator[None]:
    """As the settings have them, given back when the test is over."""
    inference.configure(site.INFERENCE)
    yield
    inference.configure(site.INFERENCE)


def asked(text: str = ARRIVAL, said: str = "In five days.", **record: Any) -> Message:
    """A question with its answer, after an earlier turn."""
    talk = Talk()
    talk.ask("hello")
    talk.answer("Hello! How can I help?")
    talk.ask(text)
    return talk.answer(said, {"backend": "router", "answered_by": "gpt2", "finish_reason": "stop", **record})


def answered() -> Message:
    """What GPT-2 really says, cut short, with its record."""
    message = asked(said="", backend="gpt2", answered_by="", sampling={"max_new_tokens": 40})

    request = build_request(message)

    async def run() -> tuple[str, Any]:
        text, record = "", None
        async with aclosing(inference.stream(request)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                text, record = text + chunk.text, chunk.completion or record
        return text, record

    text, record = asyncio.run(run())
    Message.objects.filter(pk=message.pk).update(content=text)
    Generation.objects.filter(message=message).update(**{**facts_of(record), "finish_reason": "length"})
    return Message.objects.select_related("generation", "conversation").get(pk=message.pk)


def page(message: Message, panel: str = "") -> str:
    return f"/review/explain/{message.public_id}/{panel}"


def computed(client: Client, message: Message, panel: str) -> dict[str, Any]:
    told = client.get(page(message, panel)).json()
    assert told["state"] == "done", told
    return told


def test_every_panel_of_a_real_answer(client: Client, engines: None) -> None:
    message = answered()
    assert list(client.get(page(message)).context["panels"]) == OWN
    found = {name: computed(client, message, f"{name}/") for name in OWN}
    assert ARRIVAL in found["prompt"]["html"]
    words, tokens = found["tokens"]["data"]["words"], found["tokens"]["data"]["tokens"]
    record = message.generation
    assert (len(tokens), words[0][0], words[-1][1]) == (record.completion_tokens, 0, len(tokens) - 1)
    assert all(len(token["top"]) == 5 and set(token) == {"text", "share", "rank", "top"} for token in tokens)
    assert "greedy answer is the same" in found["belief"]["html"]
    assert 'data-level="' in found["support"]["html"]
    assert "Rules" in found["other"]["html"]
    assert found["leave_one_out"]["html"].count("<rect") >= 3
    # The prior of the record gives the confidence that was told with the answer.
    assert f"which is {percent(record.confidence)} with" in found["leave_one_out"]["html"]
    assert found["attention"]["html"].count("data-head=") == 16
    assert found["lens"]["html"].count('scope="row"') == 5
    chosen = found["saliency"]["data"]["chosen"]
    assert len(found["saliency"]["data"]["choices"]) == len(tokens)
    assert computed(client, message, "lens/?token=2")["data"]["chosen"] == 2 != chosen
    beyond = client.get(page(message, "lens/?token=9999")).json()
    assert (beyond["state"], "Traceback" in beyond["detail"]) == ("failed", False)
    assert client.get(page(message, "lens/?token=-1")).status_code == 404


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"answered_by": "rules"}, Words.RULES),
        ({"reason": "article_changed", "sources": ["card_arrival"]}, Words.QUOTED),
        ({"abstained": True, "reason": "unsure"}, Words.REFUSED),
        ({"answered_by": "cloud"}, Words.ELSEWHERE),
        ({"checkpoint_sha256": "0"}, Words.OTHER_CHECKPOINT),
    ],
)
def test_what_the_model_did_not_say_has_support_and_the_other_engine(
    client: Client, record: dict[str, Any], words: Words
) -> None:
    message = asked(said="Cards take five working days.", **record)
    shown = client.get(page(message))
    assert (shown.context["answer"].words, list(shown.context["panels"])) == (words, ["support", "other"])
    assert client.get(page(message, "tokens/")).status_code == 404
    assert computed(client, message, "support/")["state"] == "done"


def test_a_large_checkpoint_and_an_answer_without_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = checkpoints.resolve("embedded").sha256
    message = asked(checkpoint_sha256=sha256)
    assert Answer(message).words is Words.MODEL
    monkeypatch.setattr(answers, "MAX_BYTES", 1)
    assert Answer(message).words is Words.TOO_LARGE
    empty = client.get(page(asked(said="", checkpoint_sha256=sha256)))
    assert (empty.context["answer"].words, empty.context["panels"]) == (Words.NONE, {})


def test_the_rules_show_their_words_their_score_and_the_runner_up(client: Client) -> None:
    told = {
        "kind": "keywords",
        "article": "card_arrival",
        "score": 3.5,
        "threshold": 2,
        "runner_up": {"article": "lost_or_stolen_card", "score": 1.25},
        "matched": [{"text": "arrived", "share": 2.5}],
    }
    html = client.get(page(asked(answered_by="rules", explanation=told))).content.decode()
    assert [text in html for text in ("arrived", "3.50", "1.25", "Runner-up", "lost_or_stolen_card")] == [True] * 5


def test_the_record_tells_what_the_engine_was_asked() -> None:
    prior = {"card_arrival": -0.1, "-oos": -3.0}
    told = {"prior": prior, "instructions": "Be kind.", "citation": {"article": "-talk"}}
    message = asked(explanation=told, sampling={"temperature": 0.8}, seed=7, completion_tokens=9)
    served = Answer(message).served()
    assert [(turn.role.value, turn.content) for turn in served.request.messages] == [
        ("system", "Be kind."),
        ("user", "hello"),
        ("assistant", "Hello! How can I help?"),
        ("user", ARRIVAL),
    ]
    assert (served.request.source_prior, served.request.prefix, served.request.sampling.seed) == (prior, "", 7)
    assert (served.text, served.source, served.completion_tokens) == ("In five days.", "-talk", 9)


def test_who_opened_it_is_noted_and_strangers_see_nothing(client: Client) -> None:
    message = asked()
    client.get(page(message))
    client.get(page(message, "support/"))
    opening = ExplanationOpening.objects.get()
    assert (opening.message, opening.reader_id) == (message, int(client.session["_auth_user_id"]))
    assert str(opening).startswith(str(message.pk))
    half = signed_in(make_staff(REVIEWER[0]))
    seen = [one.get(page(message, panel)).status_code for one in (Client(), half) for panel in ("", "support/")]
    assert seen == [302, 302, 403, 403]
    question = Message.objects.get(content=ARRIVAL)
    unknown = [client.get(f"/review/explain/{one}/").status_code for one in (uuid.uuid4(), question.public_id)]
    assert (unknown, ExplanationOpening.objects.count()) == ([404, 404], 1)


def test_personal_data_are_masked_and_nothing_is_computed_until_they_were_opened(client: Client) -> None:
    message = asked("I am jo@example.com, where is my card?", explanation={"matched": ["jo@example.com"], "kind": "x"})
    shown = client.get(page(message))
    assert (b"jo@example.com" in shown.content, shown.context["panels"]) == (False, {})
    assert client.get(page(message, "support/")).status_code == 403
    reader = make_staff(*REVIEWER, "chat.read_personal_data")
    open_personal_data(reader, message.conversation, "A complaint")
    assert b"jo@example.com" in signed_in(reader).get(page(message)).content


def test_one_at_a_time_and_failures_are_a_sentence(client: Client, backend: ScriptedBackend) -> None:
    message = asked()
    inference.configure({})
    told = client.get(page(message, "other/")).json()
    assert told == {"state": "failed", "detail": "The engine cannot be reached now."}
    cache.add(f"review-explaining:{client.session['_auth_user_id']}", True)
    assert client.get(page(message, "support/")).json()["state"] == "busy"


def test_engines_and_what_runs_behind_them(settings: Any) -> None:
    assert [checkpoint_of(name) for name in ("gpt2", "checkpoint", "rules", "nobody")] == ["embedded"] * 2 + [None] * 2
    assert [other_engine(name) for name in ("rules", "gpt2", "cloud")] == ["gpt2", "rules", "rules"]
    settings.INFERENCE = {"a": {"BACKEND": "x.Y", "OPTIONS": {"model": "a"}}}
    assert (checkpoint_of("a"), other_engine("a")) == (None, "")


def test_figures_are_drawn_in_steps_and_rounded() -> None:
    shares = (1.0, 0.9986, 0.988, 0.459, 0.0123, 0.0004, 0.0, None)
    assert [percent(one) for one in shares] == ["100%", "99.9%", "99%", "46%", "1.2%", "under 0.1%", "0%", "–"]
    assert [step(one) for one in (0.95, 0.9, 0.6, 0.3, 0.1, 0.01)] == [0, 0, 1, 2, 3, 4]
    assert [shade(one) for one in (0.0, 0.5, 1.0)] == [0, 5, 10]
    assert [bar and (bar.x, bar.width, bar.loss) for bar in bars([-1.0, 0.5, None])] == [
        (0.0, 80.0, True),
        (80.0, 40.0, False),
        None,
    ]
    assert [around(text) for text in (" a b\n", " \n")] == [(" ", "a b", "\n"), (" \n", "", "")]
