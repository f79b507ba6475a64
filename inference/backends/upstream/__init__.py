"""Parts of the backend that asks another server over the OpenAI protocol."""
