"""What goes wrong, as OpenAI's API tells it: a status and {"error": {message, type, param, code}}.

Messages are for the people who write programs: in English, like the names of the fields, and never an
exception's own text from deeper down.
"""

from __future__ import annotations

from typing import Any

INVALID, SERVER = "invalid_request_error", "server_error"


class ApiError(Exception):
    """Base. `param` names the field that is wrong, `code` is stable, `retry_after_s` says when to try again.

    `counted` tells that the key's use has this error already.
    """

    status = 400
    type = INVALID
    code: str | None = None
    counted = False

    def __init__(
        self, message: str, param: str | None = None, code: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.param = message, param
        self.code = code or self.code
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, Any]:
        """The error object."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


class BadRequest(ApiError):
    """A field or the whole body is wrong."""


class BadKey(ApiError):
    """No key, or not one of ours; an expired or revoked one looks the same as a wrong one."""

    status = 401
    code = "invalid_api_key"


class Forbidden(ApiError):
    """The key is right, but it may not be used for this."""

    status = 403
    type = "permission_error"
    code = "insufficient_permissions"


class UnknownPath(ApiError):
    """There is nothing at this address."""

    status = 404
    code = "unknown_url"


class UnknownModel(ApiError):
    """No engine of that name, or none that this key may see."""

    status = 404
    code = "model_not_found"


class WrongMethod(ApiError):
    """GET where POST is meant, or the other way round."""

    status = 405
    code = "method_not_allowed"


class TooLarge(ApiError):
    """The body has more bytes than the limit."""

    status = 413
    code = "request_too_large"


class TooMany(ApiError):
    """Too many requests for now."""

    status = 429
    type = "requests"
    code = "rate_limit_exceeded"


class OverBudget(ApiError):
    """The day's tokens are used up."""

    status = 429
    type = "insufficient_quota"
    code = "insufficient_quota"


class Internal(ApiError):
    """A mistake of ours, or an answer that broke off."""

    status = 500
    type = SERVER
    code = "internal_error"


class Unavailable(ApiError):
    """No answer can be given now."""

    status = 503
    type = SERVER
    code = "unavailable"
