"""Puts a superuser and conversations for the admin's browser tests into the server's database.

    python -m tests.browser.seed_admin

Prints the keys of the conversations.
"""

from __future__ import annotations

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402

from chat.access import Actor  # noqa: E402
from chat.review.actions import Candidate, Vote, create_comparison, record_vote  # noqa: E402
from chat.review.enums import Audience, Outcome  # noqa: E402
from tests.browser.seed_admin_login import NAME, PASSWORD  # noqa: E402
from tests.chat.admin.conftest import Talk  # noqa: E402
from tests.chat.admin.hostile import hostile_talks  # noqa: E402

ANSWER = """Please **wait**, then look at this:

1. one
2. two

> A quote with `code` and [a link](https://example.com/).

| Delivery | Days |
|---|---|
| Express | 1 |

```python
import bank  # a comment

print(bank.balance("mine", 12.5))
```
"""


def ordinary() -> Talk:
    """Versions, a table, code, ratings, and replies in every state."""
    talk = Talk("How long does it take?")
    question = talk.ask("How long does it take?")
    short = talk.answer("Not long.", parent=question)
    reply = talk.answer(
        ANSWER, {"sources": ["card_arrival"], "total_ms": 1234.5, "completion_tokens": 12}, parent=question
    )
    pair = Candidate(short, "rules"), Candidate(reply, "gpt2")
    record_vote(create_comparison(*pair, Audience.STAFF), Actor(visitor="rater"), Vote(Outcome.SECOND))
    talk.rate(reply, 1, "good_clear", "good_fast")
    talk.rate(reply, -1, "wrong", comment="太慢了！", actor="user:1")
    for status in ("stopped", "failed", "interrupted"):
        talk.ask("为什么？")
        talk.answer("" if status == "failed" else "因为", {"error_class": "overloaded"}, status=status)
    return talk


if __name__ == "__main__":
    if not User.objects.filter(username=NAME).exists():
        User.objects.create_superuser(NAME, password=PASSWORD)
    print(*(talk.conversation.pk for talk in [ordinary(), *hostile_talks()]))
