"""Staff pages in Django admin: transcripts, ratings, and who has read what. All of them can only be read.

Messages and generation records have no pages of their own; they are parts of a transcript.
"""

from chat.admin import access_log, conversations, feedback

__all__ = ["access_log", "conversations", "feedback"]
