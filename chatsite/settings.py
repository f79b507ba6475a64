"""All settings, and the only place that reads environment variables (see the README's table)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from chatsite import upstreams
from chatsite.secret import load_or_create_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """An environment variable without spaces around it."""
    return os.environ.get(name, default).strip()


def env_bool(name: str, default: bool = False) -> bool:
    """A variable that says yes or no; anything else is a mistake that stops the start."""
    value = env(name).lower()
    if value in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if not value else value in ("1", "true", "yes", "on")
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def env_int(name: str, default: int) -> int:
    """A variable that is a whole number."""
    try:
        return int(env(name) or default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {env(name)!r}.") from None


def env_days(name: str) -> int:
    """A variable that is a number of days; a negative one would delete what is yet to come."""
    value = env_int(name, 0)
    if value < 0:
        raise ImproperlyConfigured(f"{name} must be 0 or more days, not {value}.")
    return value


def env_choice(name: str, default: str, choices: set[str]) -> str:
    """A variable that is one of a few words."""
    value = env(name).lower() or default
    if value in choices:
        return value
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(choices))}, not {value!r}.")


def env_list(name: str, default: str = "") -> list[str]:
    """A variable with several values, divided by commas."""
    return [item.strip() for item in (env(name) or default).split(",") if item.strip()]


# --- Where things live -------------------------------------------------------------------------------------
DATA_DIR = Path(env("DUOLOGUE_DATA_DIR") or BASE_DIR / ".data")
DATA_DIR.mkdir(parents=True, exist_ok=True)

# --- Who may talk to us ------------------------------------------------------------------------------------
DEBUG = env_bool("DJANGO_DEBUG")
SECRET_KEY_GIVEN = env("DJANGO_SECRET_KEY")
SECRET_KEY = SECRET_KEY_GIVEN or load_or_create_secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env_list("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# Full origins (scheme, host, port) besides the one that the page was served from.
CSRF_TRUSTED_ORIGINS = env_list("DJANGO_TRUSTED_ORIGINS")
HTTPS = env_bool("DJANGO_HTTPS")
TRUSTED_PROXY = env_bool("DJANGO_TRUSTED_PROXY")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # asked on this machine, not through the proxy
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # the page has its token in a meta element
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 180
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Django ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "inference",
    "chat.knowledge",
    "chat.assistants",
    "chat",
    "chat.review",
    "chat.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chat.middleware.PrivatePages",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chat.middleware.MachinePages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["chat.throttle.ThrottledBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "chat:home"

# --- Data --------------------------------------------------------------------------------------------------
DATABASES = {"default": dj_database_url.parse(env("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'duologue.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL without IMMEDIATE makes lock errors worse: a deferred upgrade fails at once instead of waiting.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Threads and real server processes share the test database, which one in memory cannot do.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")}
else:
    # Connections are lent by psycopg's pool for as long as a piece of work needs one, and looked at before.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": env_int("DUOLOGUE_DATABASE_POOL", 20),
        # After an outage a process must beat again well before the others may judge it (CHAT_LEASE). So nobody waits
        # long for a connection, and a try to make one gives up soon: the next piece of work begins a new one at once,
        # while the pool would double the time between its tries.
        "timeout": 4,
        "reconnect_timeout": 1,
    }

# How many server processes run on this database; more than one needs more than the embedded pair (see chat/checks.py).
PROCESSES = env_int("DUOLOGUE_PROCESSES", 1)
# How often a process says that it lives, and after what silence the others take it for dead.
CHAT_LEASE = {"beat_s": 2.0, "expires_s": 15.0}
# How long running answers may go on after SIGTERM, before they are handed on or cut short.
CHAT_DRAIN_S = env_int("DUOLOGUE_DRAIN_S", 5)
REDIS_URL = env("REDIS_URL")
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}
}
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if REDIS_URL:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # One channel for each process (chat/hub.py), which it renews every 2 s: what a dead one left is gone soon.
        "CONFIG": {"hosts": [REDIS_URL], "capacity": 1000, "expiry": 20, "group_expiry": 30},
    }
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}

# --- Language ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "chatsite" / "locale"]
TIME_ZONE = env("DJANGO_TIME_ZONE", "UTC")
USE_TZ = True

# --- Static files ------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / ".staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns about a folder that is not there
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# --- Answers -----------------------------------------------------------------------------------------------
INFERENCE: dict[str, Any] = {
    # The model as it is, with nothing between it and the visitor.
    "checkpoint": {
        "BACKEND": "inference.backends.local.LocalBackend",
        "OPTIONS": {
            "checkpoint": env("DUOLOGUE_CHECKPOINT", "embedded"),
            "device": env("DUOLOGUE_DEVICE", "auto"),
            "precision": env("DUOLOGUE_PRECISION", "auto"),
            "max_streams": env_int("DUOLOGUE_MAX_STREAMS", 64),
            "max_queue": env_int("DUOLOGUE_MAX_QUEUE", 128),
        },
    },
    "gpt2": {
        "BACKEND": "inference.backends.grounded.GroundedBackend",
        # Chosen for the embedded checkpoint: about one question in 25 about its articles is answered with a doubt.
        "OPTIONS": {
            "model": "checkpoint",
            "threshold": {"en": 0.9, "zh-hans": 0.75},
            "threshold_by_words": {"en": 0.55, "zh-hans": 0.45},
        },
    },
    "rules": {"BACKEND": "inference.backends.rules.RulesBackend"},
    "router": {
        "BACKEND": "inference.backends.router.RouterBackend",
        "OPTIONS": {"rules": "rules", "model": "gpt2", "policy": "rules_when_sure"},
    },
}
# Other servers that speak the OpenAI protocol: DUOLOGUE_UPSTREAMS and DUOLOGUE_UPSTREAM_*, see upstreams.py.
INFERENCE |= upstreams.upstreams(os.environ, {*INFERENCE, "default"})
INFERENCE["router"]["OPTIONS"]["model"] = env_choice(
    "DUOLOGUE_ROUTER_MODEL", "gpt2", {*INFERENCE} - {"router", "rules"}
)
INFERENCE["default"] = upstreams.with_fallback(
    env_choice("DUOLOGUE_ENGINE", "router", {*INFERENCE}), env_list("DUOLOGUE_FALLBACK"), {*INFERENCE}
)
# Articles are found by words, and by meaning too where the package for it is installed.
RETRIEVAL: dict[str, Any] = {
    "meaning": env_choice("DUOLOGUE_MEANING", "auto", {"auto", "off"}),
    "cache": DATA_DIR / "vectors.npz",
}
CHAT_SAMPLING: dict[str, Any] = {"temperature": 0.0, "max_new_tokens": 256}
# For another answer to the same question: greedy decoding would only say the same again.
CHAT_SAMPLING_AGAIN: dict[str, Any] = {"temperature": 0.8, "top_p": 0.95}
# Two answers side by side: who may ask for them, and the engines (names of INFERENCE) that give them.
CHAT_COMPARE: dict[str, Any] = {
    "offered_to": env_choice("DUOLOGUE_COMPARE", "staff", {"off", "staff", "visitors"}),
    "engines": env_list("DUOLOGUE_COMPARE_ENGINES", "rules,gpt2"),
}
CHAT_INSTRUCTIONS = env("DUOLOGUE_INSTRUCTIONS")

# --- Privacy -----------------------------------------------------------------------------------------------
# For how long staff with the right see a conversation's personal data after they gave a reason.
CHAT_PERSONAL_DATA_MINUTES = env_int("DUOLOGUE_PERSONAL_DATA_MINUTES", 60)
# After how many days `manage.py retain` deletes a conversation, by its kind; 0 keeps it.
CHAT_RETENTION_DAYS: dict[str, int] = {
    "deleted": env_days("DUOLOGUE_RETENTION_DELETED_DAYS"),
    "reviewed": env_days("DUOLOGUE_RETENTION_REVIEWED_DAYS"),
    "account": env_days("DUOLOGUE_RETENTION_ACCOUNT_DAYS"),
    "visitor": env_days("DUOLOGUE_RETENTION_VISITOR_DAYS"),
}

# --- Limits ------------------------------------------------------------------------------------------------
CHAT_LIMITS: dict[str, Any] = {
    "message_chars": 4_000,
    "frame_bytes": 65_536,
    "bad_frames": 5,
    # name: (how many, in seconds)
    "rate_visitor": (env_int("DUOLOGUE_RATE_VISITOR", 20), 60),
    "rate_conversation": (env_int("DUOLOGUE_RATE_CONVERSATION", 15), 60),
    "rate_signup": (env_int("DUOLOGUE_RATE_SIGNUP", 20), 3600),
    "rate_address": (env_int("DUOLOGUE_RATE_ADDRESS", 60), 60),
}

# What one request to /v1 may hold and take.
API_LIMITS: dict[str, Any] = {
    "body_bytes": 1_048_576,
    "messages": 256,
    "chars": 100_000,
    "max_tokens": 4096,
    "n": 8,
    "stop_chars": 200,
    "answer_s": 600,
    "heartbeat_s": 10,
}

# --- Operating: figures, and logs of what happened, never of what was said ---------------------------------
# Whoever sends it as a bearer token reads /metrics from anywhere; without one, programs on this machine alone do.
METRICS_TOKEN = env("DUOLOGUE_METRICS_TOKEN")
LOG_LEVEL = env("DJANGO_LOG_LEVEL", "WARNING").upper()
LOG_FORMAT = env_choice("DUOLOGUE_LOG_FORMAT", "line", {"line", "json"})
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "chat.logs.PrivateFormatter",
            "format": "{asctime} {levelname} {name} [{request_id}]: {message}",
            "style": "{",
        },
        "json": {"()": "chat.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Clients of other servers log whole requests, keys and people's words among them.
    "loggers": {name: {"level": "WARNING"} for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2")},
}
