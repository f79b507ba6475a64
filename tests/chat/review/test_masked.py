"""The review pages show no personal data."""

from __future__ import annotations

from urllib.parse import unquote_plus

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat import actions as chat_actions
from chat.enums import FeedbackValue
from chat.models import Conversation
from chat.review.actions import Vote, record_vote
from chat.review.enums import Outcome
from tests.chat.conftest import ANN
from tests.chat.review.conftest import RATER, compare


@pytest.mark.django_db
def test_questions_answers_and_addresses_are_masked(conversation: Conversation) -> None:
    comparison = compare(conversation, "Why was card 4111 1111 1111 1111 charged, I am jo@example.com")
    comparison.second.content = "We call 13800138000."
    comparison.second.save()
    record_vote(comparison, RATER, Vote(Outcome.FIRST))
    chat_actions.set_feedback(ANN, comparison.second, FeedbackValue.BAD, [], "")
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    for address in ("/review/gaps/", "/review/compare/pairs/"):
        text = unquote_plus(client.get(address).content.decode())
        found = [secret in text for secret in ("4111 1111", "jo@example.com", "13800138000", "‹card number›")]
        assert (address, found) == (address, [False, False, False, True])
