"""Hands the INFERENCE setting to the library; loads nothing."""

from django.apps import AppConfig
from django.conf import settings


class InferenceConfig(AppConfig):
    name = "inference"

    def ready(self) -> None:
        from inference import registry

        registry.configure(settings.INFERENCE)
