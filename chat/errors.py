"""Errors with a stable code and a sentence for the visitor, in the visitor's language.

ChatError
├── BadCommand       the frame or the form cannot be understood
├── NotFound         absent or somebody else's: the two look the same
├── TooLong          the text is over the limit
├── Conflict         a reply is running, or the client id was used with another text
├── RateLimited      too many; `retry_after_s` says when to try again
└── Restarting       this process is about to end: nothing was done, and another one will do it
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


class ChatError(Exception):
    """Base. `code` goes over the wire as it is, `detail` is shown to a person."""

    code = "error"
    status_code = 400
    detail: Any = _("That did not work. Please try again.")

    def __init__(self, detail: Any = None, retry_after_s: float | None = None) -> None:
        super().__init__(self.code)
        if detail is not None:
            self.detail = detail
        self.retry_after_s = retry_after_s
        # What the page asked about, as far as it could be read; set on the way out.
        self.client_id = ""
        self.message_id = ""


class BadCommand(ChatError):
    """The frame or the form cannot be understood."""

    code = "bad_command"
    detail = _("The page sent something this site does not understand. Please reload the page.")


class NotFound(ChatError):
    """Absent or somebody else's."""

    code = "not_found"
    status_code = 404
    detail = _("This conversation or message does not exist.")


class TooLong(ChatError):
    """The text is over the limit."""

    code = "too_long"
    status_code = 413
    detail = _("The message is too long. Please shorten it.")


class Conflict(ChatError):
    """The conversation is not in a state for this."""

    code = "conflict"
    status_code = 409
    detail = _("An answer is being written already. Stop it first, or wait for its end.")


class RateLimited(ChatError):
    """Too many; `retry_after_s` says when to try again."""

    code = "rate_limited"
    status_code = 429
    detail = _("Too many messages in a short time. Please try again in a moment.")


class Restarting(ChatError):
    """This process is about to end: nothing was done, and another one will do it."""

    code = "restarting"
    status_code = 503
    detail = _("No answer can be given at the moment. Please try again shortly.")
