"""Texts that try to become more than text, and a conversation that has them everywhere."""

from __future__ import annotations

from chat.models import Conversation
from tests.chat.admin.conftest import Talk

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "</div></article></li><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<details open ontoggle=alert(1)>",
    "<style>body{display:none}</style>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><input name=q></form>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    '[x](https://example.com "\\" onmouseover=alert(1) x=\\"")',
    "![x](https://evil.example/x.png)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\ncode\n```',
    "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
    "<!-- --><script>alert(1)</script><!-- -->",
    "<math><mtext></p><style><!--</style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "{{ 7|add:7 }} {% now 'Y' %} {% debug %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "'-alert(1)-'",
]


def hostile_talks() -> list[Talk]:
    """One conversation for each payload, with it in title, question, answer, record and comment."""
    return [_talk(payload) for payload in PAYLOADS]


def _talk(payload: str) -> Talk:
    talk = Talk(title=payload[:120])
    question = talk.ask(payload)
    talk.answer("another version", parent=question)
    record = {
        **{
            "backend": payload[:64],
            "checkpoint": payload,
            "checkpoint_sha256": payload[:64],
            "error_class": payload[:64],
        },
        **{"sampling": {payload: payload}, "sources": [payload], "finish_reason": payload[:16]},
    }
    reply = talk.answer(payload, record, parent=question)
    talk.rate(reply, -1, "wrong", comment=payload, actor=f"visitor:{payload}"[:80])
    Conversation.objects.filter(pk=talk.conversation.pk).update(visitor=payload[:64])
    return talk
