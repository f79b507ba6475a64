"""Hands the settings INFERENCE and RETRIEVAL to the library; loads nothing."""

from django.apps import AppConfig
from django.conf import settings


class InferenceConfig(AppConfig):
    name = "inference"

    def ready(self) -> None:
        from inference import registry, retrieval

        registry.configure(settings.INFERENCE)
        retrieval.configure(**settings.RETRIEVAL)
