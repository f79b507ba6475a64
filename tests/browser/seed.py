"""Puts rows where a browser test needs them, in a process of its own on the server's database.

python -m tests.browser.seed history CONVERSATION COUNT
python -m tests.browser.seed interrupt CONVERSATION
python -m tests.browser.seed reviewer NAME PASSWORD
python -m tests.browser.seed articles
python -m tests.browser.seed assistants
python -m tests.browser.seed no-assistants
python -m tests.browser.seed queue NAME PASSWORD COUNT
"""

from __future__ import annotations

import sys

import django

django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402

from chat.assistants.actions import add_presets  # noqa: E402
from chat.assistants.models import Assistant  # noqa: E402
from chat.enums import Language, Role, Status  # noqa: E402
from chat.knowledge import actions  # noqa: E402
from chat.knowledge.drafts import ArticleDraft, TextDraft  # noqa: E402
from chat.knowledge.models import Article  # noqa: E402
from chat.models import Conversation, Generation, Message  # noqa: E402
from chat.review.models import ReviewItem, ReviewQueue  # noqa: E402

EN, ZH = Language.ENGLISH, Language.CHINESE
ARRIVAL = {EN: TextDraft("My new card has not arrived", "Five days."), ZH: TextDraft("新卡还没有收到", "需要五天。")}
STEPS = """1. Open **Cards**.
2. Tap `Freeze`, as [here](/help/card_arrival/).

| Card | Days at home | Days abroad | Express delivery | Notes |
|---|---|---|---|---|
| new | 5 | 14 | 8 EUR | a signature is needed |

```
a line of code that is wider than any telephone and has to be read by scrolling to its other end
```"""
ARTICLES = (
    ArticleDraft("card_arrival", ARRIVAL, ("cards",)),
    ArticleDraft("lost_card", {EN: TextDraft("My card is lost or stolen", STEPS)}, ("cards", "security")),
    ArticleDraft("fees", {ZH: TextDraft("转账手续费", "转账免费。")}, ("transfers",)),
)


def history(public_id: str, count: str) -> None:
    """A long branch under the conversation's last message."""
    conversation = Conversation.objects.get(public_id=public_id)
    leaf = conversation.active_leaf
    for number in range(int(count)):
        role = Role.ASSISTANT if number % 2 else Role.USER
        text = f"Message {number}. " + "It has a few words more to read. " * (number % 7)
        leaf = Message.objects.create(conversation=conversation, parent=leaf, role=role, content=text.strip())
    conversation.active_leaf = leaf
    conversation.save()


def interrupt(public_id: str) -> None:
    """The last reply as a dead process leaves it."""
    leaf = Conversation.objects.get(public_id=public_id).active_leaf
    leaf.status = Status.INTERRUPTED
    leaf.content = leaf.content[:40]
    leaf.seq = 5
    leaf.save()
    Generation.objects.filter(message=leaf).update(finish_reason="")


def reviewer(name: str, password: str) -> None:
    """An account that may compare answers."""
    user = User.objects.create_user(name, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name="Reviewers"))


def articles() -> None:
    """The one that the model cites, and two more; once, whatever other tests have stored."""
    for draft in ARTICLES:
        if not Article.objects.filter(slug=draft.slug).exists():
            actions.publish(actions.save_draft(None, draft, None), None)


def queue(name: str, password: str, count: str) -> None:
    """A reviewer with answers to review: half of them in Chinese, the newest with steps, a table and code."""
    articles()
    if not User.objects.filter(username=name).exists():
        reviewer(name, password)
    target = ReviewQueue.objects.get()
    ReviewQueue.objects.update(gold_share=0)
    target.items.all().delete()
    for number in range(int(count)):
        ReviewItem.objects.create(queue=target, message=_answered(number), stream="random", sampling_probability=0.5)


def _answered(number: int) -> Message:
    """The second turn of a conversation."""
    zh = number % 2
    conversation = Conversation.objects.create(visitor=f"queue-{number}", language="zh-hans" if zh else "en")
    leaf = None
    said = (
        ("卡片丢了怎么办？", "请先冻结卡片。", "新卡什么时候到？", "需要五天，或更久。")
        if zh
        else ("I lost my card", STEPS, "When does the new card come?", "It takes six days.")
    )
    for place, text in enumerate(said):
        role = Role.ASSISTANT if place % 2 else Role.USER
        leaf = Message.objects.create(conversation=conversation, parent=leaf, role=role, content=text)
    Generation.objects.create(message=leaf, backend="router", answered_by="gpt2", sources=["card_arrival"])
    return leaf


def no_assistants() -> None:
    """As it was before."""
    Assistant.objects.all().delete()


COMMANDS = {
    **{"history": history, "interrupt": interrupt, "reviewer": reviewer, "articles": articles},
    "queue": queue,
    **{"assistants": add_presets, "no-assistants": no_assistants},
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
