"""The API for other programs, in the form that OpenAI's has: keys, limits, and answers from the chat's own engines.

Bottom up: `secrets` (what a key looks like), `models`, `errors`, `access` (whose key, what it may), `actions`
(rows), `fields` and `calls` (a body becomes a request), `answers` (a request's run), `wire` and `stream` (what goes
back), `views`.
"""
