"""Django settings, read from the environment or the data directory's `.env`; docs/operating.md lists them all."""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from bgmsite import environment

# Before NumPy is imported. Each job computes on one core: its products are small, and threads that share one wait for
# each other for longer than they compute, above all while other jobs run.
for _library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.Environment(os.environ)

# Everything that the studio writes is here: database, audio, `.env`, collected static files, temporary files.
DATA_DIR = Path(env.str("STUDIO_DATA", default=str(BASE_DIR / "data"))).resolve()
env.read_file(DATA_DIR / ".env")

SECRET_KEY = env.str("SECRET_KEY")
if not SECRET_KEY:
    env.problems.append(
        f"There is no SECRET_KEY in the environment or in {DATA_DIR / '.env'}. `python3 run.py` writes one for you."
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # earlier keys: old sessions and secrets stay valid
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"], each=environment.host)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[], each=environment.origin)
HTTPS = env.bool("STUDIO_HTTPS", default=False)

STUDIO_SIGNUP = env.choice("STUDIO_SIGNUP", ("invite", "open"), default="invite")
STUDIO_URL = env.read("STUDIO_URL", "", environment.address)  # the public address, for links in emails
STUDIO_OFFLINE = env.bool("STUDIO_OFFLINE", default=False)  # for a restored copy: nothing is sent out automatically
STUDIO_WORKERS = env.int("STUDIO_WORKERS", default=4, least=1, most=500)
STUDIO_WEB_PROCESSES = env.int("STUDIO_WEB_PROCESSES", default=1, least=1, most=500)
STUDIO_WEB_THREADS = env.int("STUDIO_WEB_THREADS", default=4, least=1, most=500)
STUDIO_STREAMS = env.int("STUDIO_STREAMS", default=256, least=1, most=10_000)  # held open per web process
STUDIO_HEARTBEAT_SECONDS = env.float("STUDIO_HEARTBEAT_SECONDS", default=5.0)  # how often the cluster must report
STUDIO_STALE_SECONDS = env.float("STUDIO_STALE_SECONDS", default=60.0)  # how long without a report before a restart
STUDIO_SENDFILE = env.choice("STUDIO_SENDFILE", ("nginx",), default="")  # "nginx": serve audio by X-Accel-Redirect
STUDIO_API_RATE = env.int("STUDIO_API_RATE", default=600)  # requests per minute per key; 0: no limit
STUDIO_RENDITIONS_MB = env.int("STUDIO_RENDITIONS_MB", default=20_000)  # for files made from tracks on demand
STUDIO_TRASH_DAYS = env.int("STUDIO_TRASH_DAYS", default=30)
# For `manage.py samples fetch`; without it apt, or else Debian's own mirror.
STUDIO_DEBIAN_MIRROR = env.read("STUDIO_DEBIAN_MIRROR", "", environment.mirror)
# Development and tests only: allow providers' download URLs to use plain http and private addresses.
STUDIO_PRIVATE_DOWNLOADS = env.bool("STUDIO_PRIVATE_DOWNLOADS", default=False)
# For a studio and receivers in one private network: allow webhooks to plain http and private addresses.
STUDIO_PRIVATE_WEBHOOKS = env.bool("STUDIO_PRIVATE_WEBHOOKS", default=False)
_PROVIDERS = [
    f"generator.providers.{name}"
    for name in ("builtin", "wavespeed", "soundverse", "elevenlabs", "acestep", "connectors")
]
STUDIO_PROVIDERS = env.list("STUDIO_PROVIDERS", default=_PROVIDERS, each=environment.module)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_q",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "generator",
]
MIDDLEWARE = [
    "generator.web.site.health.HealthCheck",
    "generator.web.site.middleware.OurFragments",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "generator.web.site.middleware.NotStored",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "generator.web.site.middleware.ViewerTimeZone",
    "generator.web.site.expired_sessions.SignInAgain",
    "generator.web.site.middleware.ShowNotAllowed",
    "generator.web.site.middleware.RefuseNul",
    "generator.web.site.middleware.OnceRevealed",
    "generator.admin.lookup_errors.Unaskable",
]
ROOT_URLCONF = "bgmsite.urls"
WSGI_APPLICATION = "bgmsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "generator.web.site.context.shell",
            ],
            "builtins": ["generator.web.templatetags.studio"],
        },
    }
]

# --- database: SQLite in WAL with IMMEDIATE transactions unless DATABASE_URL names another (docs/operating.md) ---
_SQLITE: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "studio.sqlite3")}
DATABASES = {"default": env.read("DATABASE_URL", None, environment.database) or _SQLITE}
_db = DATABASES["default"]
_db["CONN_MAX_AGE"] = 60
if _db["ENGINE"].endswith("sqlite3"):
    _db["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # take the write lock at BEGIN: no "database is locked" on upgrade
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000; "
            "PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY;"
        ),
    }
else:
    _db["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_CACHE: dict[str, Any] = {
    "BACKEND": "bgmsite.caches.Database",
    "LOCATION": "studio_cache",
    "OPTIONS": {"MAX_ENTRIES": 50_000},  # beyond this, counters are dropped and start again
}
CACHES = {"default": env.read("REDIS_URL", None, environment.cache) or DATABASE_CACHE}

# --- background work; see docs/decisions/0004-background-tasks.md for the arithmetic ---
Q_CLUSTER = {
    "name": "studio",
    "orm": "default",
    "workers": STUDIO_WORKERS,
    "queue_limit": STUDIO_WORKERS,
    "bulk": 1,
    "poll": 0.1,
    "timeout": 240,
    "retry": 240 * (1 + (STUDIO_WORKERS + 1) // STUDIO_WORKERS + 1),
    "max_attempts": 3,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 500,
    "max_rss": 900_000,
    "label": "Background work",
}

# --- accounts ---
AUTH_USER_MODEL = "generator.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "generator.web.account.auth.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "signup": "generator.web.account.auth.SignupForm",
    "add_email": "generator.web.account.auth.ChangeAddressForm",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}  # key: an email address and the client's IP
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("STUDIO_TRUSTED_PROXIES", default=0)
MFA_ADAPTER = "generator.web.account.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "BGM Studio"

_mail = env.read("EMAIL_URL", {}, environment.mail)
EMAIL_CONFIGURED = bool(_mail)
if EMAIL_CONFIGURED and not STUDIO_OFFLINE:
    vars().update(_mail)
else:  # nothing is sent: each message is written to a file that the operator can read
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 15
# Addresses must be verified if email works: nobody can use another person's invitation, and with open sign-up
# a taken address looks the same as a free one.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_CONFIGURED else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = EMAIL_CONFIGURED  # notify people of a changed password or second factor
ACCOUNT_CHANGE_EMAIL = True
DEFAULT_FROM_EMAIL = env.read("DEFAULT_FROM_EMAIL", "BGM Studio <studio@localhost>", environment.sender)

# --- files ---
MEDIA_ROOT = DATA_DIR / "media"  # private: served only by views that check access
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["generator.http.uploads.Capped"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- language and time ---
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # with a second language: its catalog, a row here, and LocaleMiddleware
LOCALE_PATHS = [BASE_DIR / "generator/locale"]
FORMAT_MODULE_PATH = "bgmsite.formats"
TIME_ZONE = env.read("TIME_ZONE", "UTC", environment.zone)  # billing days and months are in this zone
USE_I18N = True
USE_TZ = True

# --- security ---
SESSION_ENGINE = "generator.web.site.encrypted_sessions"
SESSION_COOKIE_NAME = "studio_session"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_FAILURE_VIEW = "generator.web.site.errors.csrf_failure"
CSRF_COOKIE_NAME = "studio_csrf"
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- logs: one line per record, without secrets ---
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"brief": {"()": "bgmsite.logs.Brief"}},
    "formatters": {"line": {"()": "bgmsite.logs.Line", "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["brief"]}},
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", _LEVELS, default="INFO")},
    "loggers": {
        "django-q": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}

env.check()
