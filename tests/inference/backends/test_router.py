"""Who answers: the rules, the model, or the rules when they are sure. The rules' own verdicts are tested with them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

import inference
from inference.backends.router import RouterBackend
from inference.errors import BackendUnavailable
from inference.knowledge import Policy
from inference.types import BackendState, Citation, Decision, Request, Status
from tests.inference.backends.conftest import Publish
from tests.inference.knowing import ARRIVAL, BASE, answer, ask
from tests.scripted import Raise, ScriptedBackend

MODEL = [Citation("card_arrival", 0.9), "Five ", "days."]
TOLD = {"kind": "keywords", "article": "card_arrival"}


@dataclass(frozen=True)
class Verdict:
    """As the rules give it."""

    slug: str
    sure: bool
    explanation: dict[str, Any] = field(default_factory=lambda: dict(TOLD))


class Rules(ScriptedBackend):
    """Rules that are sure of questions with "sure" in them, and think that every one is about the top-up limit."""

    async def verdict(self, request: Request) -> Verdict:
        return Verdict("top_up_limits", "sure" in request.messages[-1].content)


@pytest.fixture
def rules(model: ScriptedBackend) -> Rules:
    inference.configure(
        {
            "checkpoint": {"BACKEND": "tests.scripted.ScriptedBackend"},
            "gpt2": {"BACKEND": "inference.backends.grounded.GroundedBackend"},
            "rules": {"BACKEND": f"{__name__}.Rules"},
            **{
                f"to {name}": {"BACKEND": "inference.backends.router.RouterBackend", "OPTIONS": {"policy": name}}
                for name in Policy
            },
        }
    )
    found = inference.get_backend("rules")
    assert isinstance(found, Rules)
    return found


@pytest.fixture
def scripted(rules: Rules) -> ScriptedBackend:
    found = inference.get_backend("checkpoint")
    assert isinstance(found, ScriptedBackend)
    found.scripts = [list(MODEL)]
    return found


CHOICES = [
    ("rules_when_sure", "ready", "sure", "rules_sure"),
    ("rules_when_sure", "ready", "perhaps", "rules_unsure"),
    ("rules_when_sure", "starting", "sure", "rules_sure"),
    ("rules_when_sure", "starting", "perhaps", "rules_unsure"),
    ("rules", "failed", "perhaps", "policy_rules"),
    ("model", "ready", "sure", "policy_model"),
    ("model", "starting", "sure", "model_starting"),
    ("model", "idle", "sure", "model_starting"),
    ("model", "failed", "sure", "model_failed"),
    ("model", "failed", "perhaps", "policy_model"),
]


@pytest.mark.parametrize(("policy", "state", "question", "reason"), CHOICES)
async def test_policy_sureness_and_the_models_state_choose(
    rules: Rules, scripted: ScriptedBackend, policy: str, state: str, question: str, reason: str
):
    scripted.shown = Status(BackendState(state))
    reply = await answer(inference.get_backend(f"to {policy}"), ask(question))
    by_model = reason in ("rules_unsure", "policy_model")
    assert (reply.text, reply.record.reason) == ("Five days." if by_model else "Hello there.", reason)
    assert (len(scripted.requests), len(rules.requests)) == (int(by_model), int(not by_model))
    assert reply.record.backend == f"to {policy}"
    assert reply.record.explanation["router"] == {"policy": policy, "reason": reason}
    assert reply.record.explanation["rules"] == TOLD
    assert ("citation" in reply.record.explanation) == by_model
    assert scripted.started == (state == "idle")


@pytest.mark.parametrize(
    ("own", "question", "reason"), [("model", "sure", "policy_model"), ("rules", "x", "policy_rules")]
)
async def test_an_articles_own_policy_goes_before_the_sites(
    rules: Rules, scripted: ScriptedBackend, publish: Publish, own: str, question: str, reason: str
):
    publish(replace(BASE, policies={"top_up_limits": Policy(own)}))
    reply = await answer(inference.get_backend("to rules_when_sure"), ask(question))
    assert reply.record.reason == reason


async def test_who_answers_is_known_before_the_first_word(rules: Rules, scripted: ScriptedBackend):
    reply = await answer(inference.get_backend("to rules_when_sure"), ask("perhaps"))
    first = next(chunk for chunk in reply.chunks if chunk.text or chunk.decision)
    assert first.decision is not None
    assert (first.decision.answered_by, first.decision.reason) == ("gpt2", "rules_unsure")
    assert (reply.record.answered_by, reply.record.sources) == ("gpt2", ("card_arrival",))


async def test_what_became_of_the_models_answer_is_the_reason(rules: Rules, scripted: ScriptedBackend):
    scripted.scripts = [[Citation("-oos", 0.9), "Paris."]]
    reply = await answer(inference.get_backend("to rules_when_sure"), ask("perhaps"))
    assert (reply.record.reason, reply.record.abstained) == ("unsure", True)
    assert reply.record.explanation["router"]["reason"] == "rules_unsure"


async def test_a_model_that_failed_says_so_when_the_rules_are_not_sure(rules: Rules, scripted: ScriptedBackend):
    scripted.shown = Status(BackendState.FAILED)
    scripted.scripts = [[Raise(BackendUnavailable("No such folder."))]]
    with pytest.raises(BackendUnavailable, match="No such folder"):
        await answer(inference.get_backend("to rules_when_sure"), ask("perhaps"))


async def test_closing_the_answer_closes_the_models(rules: Rules, scripted: ScriptedBackend):
    scripted.scripts = [[MODEL[0], "Five ", asyncio.Event()]]
    async with aclosing(inference.get_backend("to model").stream(ask("perhaps"))) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
    assert len(scripted.cancelled) == 1


@pytest.mark.parametrize(("policy", "started", "shown"), [("rules", 0, "ready"), ("rules_when_sure", 1, "starting")])
def test_it_is_as_ready_as_what_it_needs(
    rules: Rules, scripted: ScriptedBackend, policy: str, started: int, shown: str
):
    scripted.shown = Status(BackendState.STARTING, 0.5)
    router = inference.get_backend(f"to {policy}")
    router.start()
    assert (rules.started, scripted.started, router.status().state) == (1, started, shown)
    described = router.describe()
    assert (described["backend"], described["policy"], described["device"]) == ("router", policy, "none")
    router.close()
    assert (rules.closed, scripted.closed) == (1, 1)


def test_a_policy_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="sometimes"):
        RouterBackend(policy="sometimes")


async def test_the_real_rules_answer_what_they_know_and_leave_the_rest(model: ScriptedBackend):
    router = inference.get_backend("router")
    known = await answer(router, ask("Where is my new card?"))
    assert (known.text, known.record.answered_by, known.record.reason) == (ARRIVAL.answer, "rules", "rules_sure")
    assert (known.record.sources, known.decisions[0].sources) == (("card_arrival",), ("card_arrival",))
    assert known.record.explanation["rules"]["article"] == "card_arrival"
    model.scripts = [list(MODEL)]
    other = await answer(router, ask("It ought to be in my letter box by now"))
    assert (other.text, other.record.answered_by, other.record.reason) == ("Five days.", "gpt2", "rules_unsure")
    assert other.record.explanation["citation"]["article"] == "card_arrival"


async def test_an_edit_and_a_new_policy_reach_the_next_answer(model: ScriptedBackend, publish: Publish):
    router = inference.get_backend("router")
    model.scripts = [list(MODEL)]
    edited = replace(ARRIVAL, answer="Cards take **two** working days.")
    policies = {"card_arrival": Policy.MODEL}
    assert (await answer(router, ask("Where is my new card?"))).text == ARRIVAL.answer
    publish(replace(BASE, version="2", documents=(edited,)))
    assert (await answer(router, ask("Where is my new card?"))).text == edited.answer
    publish(replace(BASE, version="3", documents=(edited,), policies=policies))
    quoted = await answer(router, ask("Where is my new card?"))
    assert (quoted.text, quoted.record.reason) == (edited.answer, "article_changed")
    assert quoted.record.explanation["router"] == {"policy": "model", "reason": "policy_model"}


async def test_without_articles_the_model_is_asked_for_its_own_words(scripted: ScriptedBackend):
    scripted.scripts = [[Citation("card_arrival", 0.1), "My own ", "words."]]
    reply = await answer(inference.get_backend("to rules"), replace(ask("Am I sure?"), articles=False))
    assert reply.text == "My own words."
    assert reply.decisions == [Decision("gpt2", "articles_off")]
    record = reply.record
    assert (record.answered_by, record.reason, record.sources) == ("gpt2", "articles_off", ())
    assert scripted.requests[0].source_prior == {}
