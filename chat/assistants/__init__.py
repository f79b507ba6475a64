"""Assistants: what a conversation is for, and how it is answered. Knows inference, and not the chat."""
