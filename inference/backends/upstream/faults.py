"""What the openai package and the HTTP client below it raise, as errors of our own.

A message is for an operator. It quotes codes of the server's, never its sentences, which may repeat a visitor's words.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from inference.errors import (
    InferenceError,
    MessageTooLong,
    Overloaded,
    StreamBroken,
    UpstreamRefused,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnreachable,
)

CONTENT_FILTER = "content_filter"
TOO_LONG = {"context_length_exceeded", "message_too_long", "string_above_max_length"}
NO_CREDIT = {"insufficient_quota", "billing_not_active", "billing_hard_limit_reached"}
_CODE = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
MAX_RETRY_AFTER_S = 3600.0


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Until the server's headers are there."""
    import httpx2
    import openai

    try:
        yield
    except openai.APIStatusError as error:
        raise of_status(name, error.status_code, error.code, error.response.headers) from None
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        cause = type(error.__cause__ or error).__name__
        raise UpstreamUnreachable(f"Upstream {name} cannot be reached ({cause}).") from None


@contextmanager
def reading(name: str) -> Iterator[None]:
    """From then on."""
    import httpx2
    import openai

    try:
        yield
    except openai.APIConnectionError as error:
        cause = type(error.__cause__ or error).__name__
        raise StreamBroken(f"The stream of upstream {name} broke off ({cause}).") from None
    except openai.APIError as error:
        raise _told_inside(name, error) from None
    except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
        raise StreamBroken(f"The stream of upstream {name} broke off ({type(error).__name__}).") from None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise StreamBroken(f"What upstream {name} sent cannot be read ({type(error).__name__}).") from None


def of_status(name: str, status: int, code: str | None, headers: Mapping[str, str]) -> InferenceError:
    """The error for an HTTP status that is not 200."""
    said = f"Upstream {name} answers {status}{_in_words(code)}"
    if code in TOO_LONG or status == 413:
        return MessageTooLong(f"{said}: the conversation is longer than its model reads.")
    if code in NO_CREDIT or status in (401, 402, 403):
        return UpstreamRejected(f"{said}: it does not accept our key, or there is no credit left.")
    if status in (404, 405) or 300 <= status < 400:
        return UpstreamRejected(f"{said}: look at its address and the model's name.")
    if status == 429:
        waits = retry_after(headers)
        return Overloaded(f"{said}: too many requests.", 5.0 if waits is None else waits)
    if status in (408, 504):
        return UpstreamTimeout(f"{said}: it took too long itself.")
    if status >= 500:
        return UpstreamUnreachable(f"{said}: it cannot answer at the moment.", retry_after(headers))
    return UpstreamRefused(f"{said}: it does not take this request.")


def filtered(name: str) -> UpstreamRefused:
    """The server took words back, or did not say them."""
    return UpstreamRefused(f"Upstream {name} withheld its answer ({CONTENT_FILTER}).")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, from either form of the header; None when it does not say."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        date = email.utils.parsedate_tz(value) if value else None
        if date is None:
            return None
        seconds = email.utils.mktime_tz(date) - time.time()
    return min(max(0.0, seconds), MAX_RETRY_AFTER_S) if seconds == seconds else None


def _told_inside(name: str, error: Any) -> InferenceError:
    """An error object in a stream that began with 200."""
    if error.code == CONTENT_FILTER:
        return filtered(name)
    return StreamBroken(f"Upstream {name} sent an error in its stream{_in_words(error.code or error.type)}.")


def _in_words(code: Any) -> str:
    return f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""
