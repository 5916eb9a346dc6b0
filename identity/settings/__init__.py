"""Django settings of both profiles. Everything that differs between deployments comes from identity.env."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import environ

from identity import __version__
from identity.env import PROJECT_DIR, load
from identity.in_force import settings_in_force
from identity.settings.admin_theme import UNFOLD as UNFOLD
from identity.settings.api import REST_FRAMEWORK as REST_FRAMEWORK
from identity.settings.api import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from identity.settings.authorization_server import OAUTH2_PROVIDER as OAUTH2_PROVIDER
from identity.settings.log import logging_configuration
from identity.settings.mail_server import mail_server
from identity.words import gettext_noop

ENVIRONMENT = load()

EMBEDDED = ENVIRONMENT.embedded
DEBUG = ENVIRONMENT.debug
BASE_URL = ENVIRONMENT.base_url
DATA_DIR = ENVIRONMENT.data_dir
SECRET_KEY = ENVIRONMENT.secret_key
FIELD_ENCRYPTION_KEYS = ENVIRONMENT.field_encryption_keys
SIGNING_KEY_DAYS = ENVIRONMENT.signing_key_days
SIGNING_KEY_PUBLISHED_DAYS = ENVIRONMENT.signing_key_published_days
AUDIT_WITNESS_FILE = ENVIRONMENT.audit_witness_file
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
GEOIP_PATH = ENVIRONMENT.geoip_path
OUTBOUND_ALLOWED_NETWORKS = ENVIRONMENT.outbound_allowed_networks
METRICS_ALLOWED = ENVIRONMENT.metrics_allowed
METRICS_TOKEN = ENVIRONMENT.metrics_token
SERVE: dict[str, Any] = {
    "bind": ENVIRONMENT.bind,
    "port": ENVIRONMENT.port,
    "workers": ENVIRONMENT.web_workers,
    "threads": ENVIRONMENT.web_threads,
    "request_seconds": ENVIRONMENT.web_request_seconds,
}
VERSION = __version__
# What the administration shows of the environment, secrets left out.
SETTINGS_IN_FORCE = settings_in_force(ENVIRONMENT)
IS_HTTPS = urlsplit(BASE_URL).scheme == "https"

# Applications -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "apps.core",  # before those whose commands it takes the place of
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its widgets' templates, for FORM_RENDERER
    "apps.audit",
    "apps.jobs",
    "apps.mail",
    "apps.directory",
    "apps.keys",
    "apps.access",
    "apps.terms",
    "apps.signin",
    "rest_framework",
    "drf_spectacular",
    "oauth2_provider",  # before apps.oauth, whose admin takes the place of this one's
    "apps.oauth",
    "apps.transfer",
    "apps.dashboards",
]

# Two doors: the Human… ones let machine endpoints pass by, which need no session, language, CSRF or messages.
MIDDLEWARE = [
    "apps.core.middleware.measuring.MeasuringMiddleware",
    "apps.core.middleware.request_context.RequestContextMiddleware",
    "apps.core.middleware.headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.limits.BodyLimitMiddleware",
    "apps.core.middleware.doors.HumanSessionMiddleware",
    "apps.core.middleware.doors.HumanLocaleMiddleware",
    "apps.core.middleware.doors.HumanCommonMiddleware",
    "apps.core.middleware.doors.HumanCsrfMiddleware",
    "apps.core.middleware.doors.HumanAuthenticationMiddleware",
    "apps.signin.middleware.SessionRegistryMiddleware",
    "apps.signin.middleware.ExpiredPasswordMiddleware",
    "apps.signin.middleware.TermsMiddleware",
    "apps.signin.middleware.LanguageMiddleware",
    "apps.signin.middleware.TimeZoneMiddleware",
    "apps.core.middleware.doors.HumanMessageMiddleware",
    "apps.core.middleware.refusals.DomainErrorMiddleware",
]
MACHINE_DOOR_PATHS = (
    "/oauth/par",
    "/oauth/token",
    "/oauth/introspect",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/.well-known/",
    "/api/v1/",
    "/api/schema/",
    "/health",
    "/readyz",
    "/metrics",
)

# The way to a new password and the ways out; /oauth/authorize turns people round itself, since some clients must
# be answered instead.
PATHS_WITH_EXPIRED_PASSWORD = frozenset(
    {"/account/password", "/login/", "/logout/", "/oauth/logout", "/oauth/authorize"}
)
# Whoever has terms to accept may change their password, too.
PATHS_WITH_TERMS_TO_ACCEPT = PATHS_WITH_EXPIRED_PASSWORD | {"/account/terms"}
# Where one-time links lead; their tokens must not go into another address.
ONE_TIME_LINK_PATH = "/account/set-password"
ADDRESS_LINK_PATH = "/account/email/link"

ROOT_URLCONF = "identity.urls"
WSGI_APPLICATION = "identity.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
# Widgets find their templates as pages do, so that ours come before the theme's.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Storage ------------------------------------------------------------------------------------------------------


def _database() -> dict[str, object]:
    url = ENVIRONMENT.database_url or f"sqlite:///{DATA_DIR / 'gatehouse.sqlite3'}"
    database: dict[str, object] = {**environ.Env.db_url_config(url), "CONN_MAX_AGE": 60}
    if database["ENGINE"] == "django.db.backends.postgresql":
        return database | {"CONN_HEALTH_CHECKS": True}
    return database | {
        "OPTIONS": {
            # Writers queue instead of failing half-way; readers never wait for them.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if ENVIRONMENT.redis_url:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": ENVIRONMENT.redis_url,
            "OPTIONS": {
                "serializer": "apps.core.cache_format.JsonFormat",
                # Whoever asks a cache that does not answer must not wait for it.
                "socket_connect_timeout": 2,
                "socket_timeout": 2,
            },
        }
    }
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "gatehouse"}
    }

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENVIRONMENT.static_dir
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [PROJECT_DIR / "static"]
STATIC_ROOT = ENVIRONMENT.static_dir
# Else straight from the app directories: no collectstatic step stands between a change and the page.
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG

# Mail ---------------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from
EMAIL_TIMEOUT = 20
_SERVER = mail_server(ENVIRONMENT.email_url)
EMAIL_HOST, EMAIL_PORT = _SERVER.host, _SERVER.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _SERVER.user, _SERVER.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _SERVER.starts_tls, _SERVER.is_tls
# Without a server, embedded mode keeps what it would have sent and shows it at /mail/; production sends nothing.
MAIL_DELIVERY = "server" if _SERVER.host else "kept" if EMBEDDED else "none"
EMAIL_BACKEND = {
    "server": "django.core.mail.backends.smtp.EmailBackend",
    "kept": "apps.mail.keeping.KeepingBackend",
    "none": "django.core.mail.backends.dummy.EmailBackend",
}[MAIL_DELIVERY]

# People -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "directory.User"
AUTHENTICATION_BACKENDS = ["apps.access.backends.RolePermissionBackend"]
LOGIN_URL = "signin:login"
LOGIN_REDIRECT_URL = "signin:home"
LOGOUT_REDIRECT_URL = "signin:login"

# OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, 2 passes, 1 lane.
PASSWORD_HASHERS = [
    "apps.directory.password_hashing.OwaspArgon2Hasher",
    # Verified, never made: each gives way to the first at its person's next sign-in.
    "apps.directory.foreign_hashes.BcryptInArgon2",
    "apps.directory.foreign_hashes.Pbkdf2InArgon2",
    "apps.directory.foreign_hashes.SaltedShaInArgon2",
]
ARGON2 = {"memory_kib": 19456, "passes": 2, "lanes": 1}
# The policy is in the database and edited in the administration.
AUTH_PASSWORD_VALIDATORS = [{"NAME": "apps.directory.password_validation.PolicyValidator"}]
COMMON_PASSWORDS_FILE = ENVIRONMENT.common_passwords_file

# R-MFA 5 and 6. A recognised browser counts for itself, so strangers cannot keep its owner out.
LOCKOUT = {
    "account_failures": ENVIRONMENT.lockout_account_failures,
    "browser_failures": ENVIRONMENT.lockout_browser_failures,
    "address_failures": ENVIRONMENT.lockout_address_failures,
    "window": timedelta(minutes=ENVIRONMENT.lockout_window_minutes),
    "duration": timedelta(minutes=ENVIRONMENT.lockout_minutes),
}
RATE_LIMIT_PERCENT = ENVIRONMENT.rate_limit_percent
RATE_LIMITS = ENVIRONMENT.rate_limits
INVITATION_DAYS = ENVIRONMENT.invitation_days
PASSWORD_RESET_LIFETIME = timedelta(minutes=ENVIRONMENT.password_reset_minutes)
SSO_SESSION_LIFETIME = timedelta(hours=ENVIRONMENT.session_hours)
PRIVILEGED_IDLE_LIMIT = timedelta(minutes=ENVIRONMENT.privileged_idle_minutes)
RECOGNISED_BROWSER_LIFETIME = timedelta(days=ENVIRONMENT.recognised_browser_days)

SESSION_ENGINE = "apps.signin.session_store"
SESSION_COOKIE_NAME = "__Host-gatehouse" if IS_HTTPS else "gatehouse"
SESSION_COOKIE_AGE = int(SSO_SESSION_LIFETIME.total_seconds())
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-gatehouse-csrf" if IS_HTTPS else "gatehouse-csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.views.error_pages.csrf_failure"
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# Transport ----------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
# R-OPS 4, in bytes. Django's own limit stays above them as a last line.
BODY_LIMITS = {
    "/login/": 10_000,
    "/logout/": 10_000,
    "/account/": 20_000,
    "/language": 20_000,
    "/account/reset": 10_000,
    "/account/email": 10_000,
    "/oauth/": 256_000,
    "/api/": 256_000,
    "/": 2_500_000,
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# Language and time --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# Each under its own name: whoever looks for theirs cannot read the others.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
# Chosen on the sign-in page, before anybody is signed in; R-MFA 7.
LANGUAGE_COOKIE_NAME = "__Host-gatehouse-language" if IS_HTTPS else "gatehouse-language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [PROJECT_DIR / "locale"]
FORMAT_MODULE_PATH = ["identity.formats"]

# OAuth 2.0 / OpenID Connect: django-oauth-toolkit's models are ours from the first migration on ----------------

OAUTH2_PROVIDER["OIDC_ISS_ENDPOINT"] = BASE_URL
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "oauth.AuthorizationCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth.AccessToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauth.RefreshToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oauth.IDToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "oauth.DeviceGrant"

# Background work: the database carries it, Celery only wakes somebody up --------------------------------------

CELERY_BROKER_URL = ENVIRONMENT.broker_url or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "apps.core.due_at_start:DueAtStart"
# The names are shown in the administration.
CELERY_BEAT_SCHEDULE = {
    gettext_noop("announce jobs that are due"): {
        "task": "jobs.sweep",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    gettext_noop("remove old jobs"): {"task": "jobs.remove_ended", "schedule": 86400.0},
    gettext_noop("seal the audit log"): {
        "task": "audit.seal_pending",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    gettext_noop("sweep for events that were missed"): {"task": "audit.sweep_unsealed", "schedule": 3600.0},
    gettext_noop("wake readers of the log"): {
        "task": "audit.wake_readers",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    gettext_noop("make next months' partitions"): {"task": "audit.ensure_partitions", "schedule": 86400.0},
    gettext_noop("verify the audit log"): {"task": "audit.verify_log", "schedule": 86400.0},
    gettext_noop("rotate signing keys"): {"task": "keys.rotate", "schedule": 3600.0},
    gettext_noop("remove expired sign-in state"): {"task": "signin.remove_expired", "schedule": 3600.0},
    gettext_noop("tell people whose passwords expire"): {"task": "signin.tell_of_expiry", "schedule": 3600.0},
    gettext_noop("remove expired tokens"): {"task": "oauth.remove_expired", "schedule": 3600.0},
}

LOGGING = logging_configuration(debug=DEBUG)
LOGGING_CONFIG = "logging.config.dictConfig"
SILENCED_SYSTEM_CHECKS: list[str] = []
