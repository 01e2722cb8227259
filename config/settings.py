"""Settings, by environment variables alone (docs/settings.md).

Nothing set, or DATABASE_URL alone, is the embedded mode: everything on this machine, for one office or a
demonstration. DEPLOYMENT=production is the other mode; config/checks.py says what it refuses.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from config.secret import embedded_secret_key
from office.skin import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEPLOYMENT = env.str("DEPLOYMENT", default="embedded")
PRODUCTION = DEPLOYMENT == "production"
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # demo logins are accepted
ALLOW_TIME_TRAVEL = env.bool("ALLOW_TIME_TRAVEL", default=False)  # commands take --at
# A file with the moment that every process takes for the present; for proofs, and only with the line above.
SIMULATED_CLOCK = env.str("SIMULATED_CLOCK", default="")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
SECRET_KEY = env.str("SECRET_KEY", default="") or ("missing" if PRODUCTION else embedded_secret_key(DATA_DIR))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ACCEPTED_RISKS = env.list("ACCEPTED_RISKS", default=[])  # what production is started with all the same
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")

# --- apps ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "office",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "office.siteapp.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "attestation",
    "scoring",
    "appeals",
]
MIDDLEWARE = [
    "config.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.no_store",
    "config.middleware.one_clock_reading",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.language.account_language",
    "config.middleware.session_limit",
    "attestation.viewed.keep_log",
    "config.middleware.password_first",
    "config.middleware.known_device",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.sent_twice.SentTwice",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "attestation.User"
AUTHENTICATION_BACKENDS = ["attestation.auth.OfficeBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.sent_twice"],  # each form gets a key
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- data ---------------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'attestation.sqlite3'}"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE and the wait: without them writers that meet get "database is locked" at once.
    # FULL: with WAL, NORMAL may lose a committed act when the power goes.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
UNDO_DAYS = env.int("UNDO_DAYS", default=90)  # how long an import can be undone and its cells are kept
MEDIA_ROOT = DATA_DIR / "media"  # papers of appeals; no address leads here
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700  # DATA_DIR as well, where collectstatic makes it
FILE_UPLOAD_HANDLERS = [
    "config.uploads.BodyLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
IMPORTS_AT_ONCE = env.int("IMPORTS_AT_ONCE", default=3)  # large files of one officer under way
ATTACHMENT_SCANNER = env.str(
    "ATTACHMENT_SCANNER", default=""
)  # a function of the bytes: what it found, or ""

REDIS_URL = env.str("REDIS_URL", default="")
# Without Redis a wake-up goes nowhere and nothing is lost: `manage.py sweep` finds the same rows.
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TIMEZONE = "Asia/Almaty"

# --- language and time --------------------------------------------------------------------------------------

LANGUAGE_CODE = "kk"
LANGUAGES = [("kk", _("Kazakh")), ("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Almaty"

# --- pages --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static" if PRODUCTION else None  # the embedded mode serves from the apps themselves
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# Unfold cannot do without unsafe-eval and inline styles; inline scripts stay forbidden.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

SESSION_ENGINE = "config.sessions"  # the database's
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 60  # idle, counted from the last time that the session was saved
SESSION_REFRESH_AGE = 60  # reading a page saves it only when it is older: most pages write nothing
SESSION_ABSOLUTE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# How many proxies of ours stand before the server: so many entries of X-Forwarded-For are theirs.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if PRODUCTION else 0)
# "required" of administrators and commissions, or "offered" to whoever wants it.
SECOND_FACTOR = env.str("SECOND_FACTOR", default="required" if PRODUCTION else "offered")
OTP_TOTP_THROTTLE_FACTOR = (
    0  # tries are counted in attestation.accounts.tries, a known device's by themselves
)
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
# W005, W021: what stands below the host's name, and the browsers' own list, are not ours to decide about.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "attestation.accounts.passwords.NotGuessed"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # how long a link to set the password serves

# --- mail, who watches, logs --------------------------------------------------------------------------------

vars().update(env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://"))
# For each answer of the mail server; a letter takes several.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="attestation@localhost")

HEALTH_TOKEN = env.str("HEALTH_TOKEN", default="")  # opens /healthz?full and /metrics
HEALTH_PING_URL = env.str("HEALTH_PING_URL", default="")  # asked for after each finished sweep

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonLines"}, "text": {"()": "config.logs.TextLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": env.str("LOG_FORMAT", default="json")}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # Django's own handlers would print each record a second time, and mail tracebacks with people's data.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}
