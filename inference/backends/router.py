"""The rules, the model, or the rules when they are sure and else the model: who answers, and why, question by question.

Reasons: "policy_rules" and "policy_model" when the policy leaves no choice; "rules_sure" and "rules_unsure" when the
rules were asked first; "model_starting" and "model_failed" when the rules are sure and stand in for the model. What
became of the model's answer (see inference/grounding.py) is the reason where there is one, and the choice stays in
the explanation under "router".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inference import registry
from inference.backends.base import Backend
from inference.backends.records import decision_of, with_decision
from inference.knowledge import Policy, current
from inference.types import BackendState, Chunk, Decision, Request, Status

if TYPE_CHECKING:
    from inference.rules.engine import Verdict

POLICY_RULES, POLICY_MODEL = "policy_rules", "policy_model"
RULES_SURE, RULES_UNSURE = "rules_sure", "rules_unsure"
STAND_INS = {
    BackendState.IDLE: "model_starting",
    BackendState.STARTING: "model_starting",
    BackendState.FAILED: "model_failed",
}


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers: `by_rules`, or the model; why; and what the rules thought."""

    by_rules: bool
    reason: str
    policy: Policy
    verdict: Verdict


class RouterBackend:
    """Asks the backends named `rules`, which has a `verdict` on every request, and `model`.

    An article's own policy goes before `policy`.
    """

    def __init__(
        self, name: str = "router", rules: str = "rules", model: str = "gpt2", policy: str = Policy.RULES_WHEN_SURE
    ) -> None:
        self.name = name
        self._rules_name, self._model_name = rules, model
        self._policy = Policy(policy)

    @property
    def _rules(self) -> Any:
        return registry.get_backend(self._rules_name)

    @property
    def _model(self) -> Backend:
        return registry.get_backend(self._model_name)

    @property
    def large(self) -> bool:
        """As the model is."""
        return bool(getattr(self._model, "large", False))

    def start(self) -> None:
        """Begin to load whatever the policy needs; an article that wants the model starts it later."""
        self._rules.start()
        if self._policy is not Policy.RULES:
            self._model.start()

    def status(self) -> Status:
        """The model's, because not every question can be answered without it; the rules' where they answer alone."""
        return (self._rules if self._policy is Policy.RULES else self._model).status()

    def describe(self) -> dict[str, Any]:
        """The model's facts, and how the two are put together."""
        parts = {"backend": "router", "policy": str(self._policy), "rules": self._rules.describe()}
        return {**self._model.describe(), **parts}

    def close(self) -> None:
        """Close both."""
        self._rules.close()
        self._model.close()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream. Without the articles there is nothing to choose: the rules have no other words."""
        if not request.articles:
            async with aclosing(self._model.stream(request)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield chunk
            return
        route = await self._route(request)
        backend = self._rules if route.by_rules else self._model
        # Two engines that come to the same article by different ways are more likely right than either alone.
        seconded = replace(request, seconded=route.verdict.slug)
        async with aclosing(backend.stream(seconded)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield self._routed(chunk, route)

    async def prompt_tokens(self, request: Request) -> int:
        """The model's count, whoever answers: rules read no tokens."""
        return await registry.prompt_tokens(replace(request, backend=self._model_name))

    def _routed(self, chunk: Chunk, route: Route) -> Chunk:
        """The chunk with the choice in whatever it says about who answers."""
        if chunk.decision is not None:
            return replace(chunk, decision=_merged(chunk.decision, route))
        if chunk.completion is not None:
            decision = _merged(decision_of(chunk.completion), route)
            return replace(chunk, completion=with_decision(chunk.completion, self.name, decision))
        return chunk

    async def _route(self, request: Request) -> Route:
        knowledge = await current()
        verdict: Verdict = await self._rules.verdict(request)
        policy = knowledge.policies.get(verdict.slug, self._policy)
        return Route(*self._choice(policy, verdict), policy, verdict)

    def _choice(self, policy: Policy, verdict: Verdict) -> tuple[bool, str]:
        if policy is Policy.RULES:
            return True, POLICY_RULES
        if policy is Policy.RULES_WHEN_SURE and verdict.sure:
            return True, RULES_SURE
        state = self._model.status().state
        if verdict.sure and state in STAND_INS:
            if state is BackendState.IDLE:
                self._model.start()
            return True, STAND_INS[state]
        return False, POLICY_MODEL if policy is Policy.MODEL else RULES_UNSURE


def _merged(decision: Decision, route: Route) -> Decision:
    """The backend's decision with ours: why it was asked, and what the rules thought before it was."""
    reason = route.reason if route.by_rules else decision.reason or route.reason
    told = {} if route.by_rules else decision.explanation
    chosen = {"policy": str(route.policy), "reason": route.reason}
    explanation = {**told, "router": chosen, "rules": dict(route.verdict.explanation)}
    return replace(decision, reason=reason, explanation=explanation)
