"""Markdown to HTML that is safe to put into a page, whoever wrote the Markdown.

CommonMark with tables and strikethrough, code coloured by classes, and no images at all: an address
in an image is fetched by the browser unasked, and so carries data out. The cleaning comes last, on the
final HTML, so that nothing the renderer makes is trusted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "blockquote", "ul", "ol", "li"),
    *("a", "code", "pre", "span", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title", "target"}, "ol": {"start"}, "code": {"class"}, "span": {"class"}}
SCHEMES = {"http", "https", "mailto"}
MAX_CODE_CHARS = 20_000  # beyond this, colouring costs more than it helps

# Marks of bold and italic type around words, and of headings and quotations at the start of a line.
_HABITS = re.compile(r"\*\*|__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|^ {0,3}(?:#{1,6} |> ?)", re.MULTILINE)
_FORMATTER = HtmlFormatter(nowrap=True)


@lru_cache(maxsize=512)
def render(text: str) -> str:
    """The HTML of a Markdown text, sanitised. Links open beside the conversation, never in its place."""
    return _clean(_PARSER.render(text, {"target": "_blank"}), "noopener noreferrer nofollow")


@lru_cache(maxsize=512)
def render_page(text: str) -> str:
    """The same for a page that is there to be left: its links are links like any other."""
    return _clean(_PARSER.render(text), "noopener noreferrer")


def without_open_bold(text: str) -> str:
    """A text that broke off, without a mark of bold type that was opened and never closed."""
    if text.count("**") % 2:
        before, _, after = text.rpartition("**")
        return before + after
    return text[:-1] if text.endswith("*") and not text.endswith("**") else text


def evened(text: str) -> str:
    """A text without what one author likes and another does not: bold type, headings, quotation bars.

    For two answers side by side, so that their looks do not tell who wrote them. Code stays as it is.
    """
    if "```" in text:
        return text
    return _HABITS.sub("", text)


def _clean(html: str, link_rel: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=link_rel,
        attribute_filter=_attribute,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href" and value.lstrip().startswith(("//", "\\", "/\\")):  # another host by way of our own scheme
        return None
    if name == "class" and not all(part.replace("-", "").isalnum() for part in value.split()):
        return None
    return value


def _highlight(code: str, language: str, _attributes: str) -> str:
    if not language or len(code) > MAX_CODE_CHARS:
        return escapeHtml(code)
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return escapeHtml(code)
    return highlight(code, lexer, _FORMATTER)


class _Parser(MarkdownIt):
    """The library's, with our rule for links."""

    def validateLink(self, url: str) -> bool:
        """Whether a link may stay a link."""
        try:
            parts = urlsplit(url.strip())
        except ValueError:
            return False
        if not parts.scheme:
            return not parts.netloc
        return parts.scheme.lower() in SCHEMES and (parts.scheme == "mailto" or bool(parts.netloc))


def _build() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "linkify": False, "highlight": _highlight})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.add_render_rule("link_open", _link_open)
    return parser


def _link_open(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    if "target" in env:
        tokens[index].attrSet("target", env["target"])
    return str(renderer.renderToken(tokens, index, options, env))


_PARSER = _build()
