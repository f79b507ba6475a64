"""Which consumer answers which WebSocket path."""

from django.urls import path, re_path

from chat.consumers import ChatConsumer, NowhereConsumer

websocket_urlpatterns = [
    path("ws/c/<uuid:conversation_id>/", ChatConsumer.as_asgi()),
    re_path(r"", NowhereConsumer.as_asgi()),
]
