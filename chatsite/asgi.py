"""The server's entry point: Django for HTTP, Channels for WebSockets from our own pages."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
http = get_asgi_application()

from chat.origin import OriginCheck  # noqa: E402 - models load only after the line above
from chat.routing import websocket_urlpatterns  # noqa: E402
from chat.startup import AfterRestart  # noqa: E402
from chat.traffic import Observed  # noqa: E402

application = AfterRestart(
    Observed(ProtocolTypeRouter({"http": http, "websocket": OriginCheck(URLRouter(websocket_urlpatterns))}))
)
