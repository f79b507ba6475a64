"""The API's addresses: below /v1, as OpenAI's clients expect them."""

from django.urls import path

from chat.api import views

app_name = "api"
urlpatterns = [
    path("models", views.models, name="models"),
    path("models/<path:name>", views.model, name="model"),
    path("chat/completions", views.chat_completions, name="chat"),
    path("completions", views.completions, name="completions"),
    path("<path:rest>", views.nowhere, name="nowhere"),
]
