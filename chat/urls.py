"""The chat's pages and their data."""

from django.urls import path

app_name = "chat"
urlpatterns: list = []
