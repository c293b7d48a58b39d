"""What every environment shares. Values come from the environment or from `.env`; see `.env.example`."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
DEMO = False
SECRET_KEY = env.str("SECRET_KEY", default="")
# The first encrypts; all decrypt. They guard TOTP secrets and the fingerprint key.
FIELD_KEYS: list[str] = env.list("FIELD_KEYS", default=[])
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
BASE_URL = env.str("BASE_URL", default="http://localhost:8000")
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=[])
CLOCK_OFFSET_S = env.int("CLOCK_OFFSET_S", default=0)
DEFAULT_PRACTICE_NAME = "Your practice"

# Applications, upper rooms first
INSTALLED_APPS = [
    "portal",
    "discovery",
    "billing",
    "engagements",
    "outreach",
    "core",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "lucide",
    "rest_framework",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.origin",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "core.middleware.in_the_practices_zone",
    "core.middleware.staff_have_a_second_factor",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "core.context_processors.chrome",
            ],
        },
    },
]


# Data
def database(url: str) -> dict[str, Any]:
    """Django's settings for a database URL. SQLite takes its write lock at BEGIN, so that writers wait, not fail."""
    settings: dict[str, Any] = environ.Env.db_url_config(url)
    if settings["ENGINE"].endswith("sqlite3"):
        if settings["NAME"] != ":memory:" and not Path(settings["NAME"]).is_absolute():
            settings["NAME"] = str(BASE_DIR / settings["NAME"])
        settings["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        settings["CONN_MAX_AGE"] = 60
        settings["CONN_HEALTH_CHECKS"] = True
    return settings


DATABASES = {"default": database(env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/db.sqlite3"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": env.cache_url("CACHE_URL", default="dbcache://cache_entries")}

# Files. Static ones are served hashed by whitenoise; what people store never has a public URL.
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]


def media_storage(url: str) -> dict[str, Any]:
    """A local folder (a path), or any S3-compatible bucket: `s3://bucket?endpoint_url=…`."""
    if url.startswith("s3://"):
        parts = urlsplit(url)
        options = {"bucket_name": parts.netloc, "default_acl": None, "querystring_auth": True, "file_overwrite": False}
        options |= dict(pair.split("=", 1) for pair in parts.query.split("&") if pair)
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(BASE_DIR / url)}}


STORAGES: dict[str, dict[str, Any]] = {
    "default": media_storage(env.str("MEDIA_STORAGE_URL", default=str(VAR_DIR / "media"))),
    "staticfiles": {"BACKEND": "core.static_storage.JoinedStorage"},
}
# Where `manage.py backup` puts its archives. A disk or share of its own is better than the one it saves.
BACKUP_DIR = env.str("BACKUP_DIR", default=str(VAR_DIR / "backups"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

# Mail: `folder://path` writes each mail to a file, which the demo shows
EMAIL_URL = env.str("EMAIL_URL", default=f"folder://{VAR_DIR}/mail")
if EMAIL_URL.startswith("folder://"):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = EMAIL_URL.removeprefix("folder://")
else:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="practice@localhost")
MAIL_IN_BACKGROUND = True

# Jobs
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL == "filesystem://":
    for folder in ("messages", "control"):
        (VAR_DIR / "queue" / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "queue" / "messages"),
        "data_folder_out": str(VAR_DIR / "queue" / "messages"),
        "control_folder": str(VAR_DIR / "queue" / "control"),
        "polling_interval": 0.2,  # seconds that a message lies unseen
    }
# A name of its own where several installations share a broker.
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_TASK_DEFAULT_QUEUE", default="celery")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# How long a worker may be silent before another takes its work over, in seconds.
SHARD_LEASE_S = env.int("SHARD_LEASE_S", default=60)
# How many requests a second a worker sends to AWS at most: to one service in one region of one account, and to all of
# them together. 0 is no ceiling.
AWS_REQUESTS_PER_SECOND = env.float("AWS_REQUESTS_PER_SECOND", default=20)
AWS_REQUESTS_IN_ALL = env.float("AWS_REQUESTS_IN_ALL", default=100)
# How many days what an audit read is kept whole; 0 is for ever. Findings and counts always are.
UNIT_ROWS_DAYS = env.int("UNIT_ROWS_DAYS", default=90)
# Whether audits ask betterleaks for a second opinion on credentials, where requirements/scanners.txt is installed.
ASKS_BETTERLEAKS = env.bool("ASKS_BETTERLEAKS", default=False)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    # The doctor listens for it.
    "beat": {"task": "core.tasks.beat", "schedule": 60.0},
    # Exports of the whole practice: what is a week old goes, what a lost worker left is begun again.
    "exports-tidy": {"task": "core.tasks.tidy_exports", "schedule": 15 * 60.0},
    "sweep-shards": {"task": "discovery.tasks.sweep", "schedule": 30.0},
    # Clients that are watched, each audited once a day at its hour in the practice's zone; and the mails about it.
    "audits-start": {"task": "discovery.tasks.start_due_audits", "schedule": 5 * 60.0},
    "audits-tell": {"task": "discovery.tasks.tell_of_scheduled_runs", "schedule": 5 * 60.0},
    # What audits read long ago goes; findings and counts stay.
    "audits-forget": {"task": "discovery.tasks.drop_old_rows", "schedule": 6 * 60 * 60.0},
    # What ran out is closed within the hour after midnight in the practice's zone, and reminded of once.
    "proposals-expire": {"task": "engagements.tasks.expire_proposals", "schedule": 60 * 60.0},
    # Offered changes that run out, deliveries that count as accepted, reminders.
    "engagements-calendar": {"task": "engagements.tasks.keep_the_calendar", "schedule": 60 * 60.0},
    # Late and unread reports, each told once; mails and PDFs of reports whose messages were lost.
    "reports-look-after": {"task": "portal.tasks.look_after_reports", "schedule": 15 * 60.0},
    "proposals-without-pdf": {"task": "engagements.tasks.draw_missing_proposals", "schedule": 5 * 60.0},
    # It sends in the morning of the practice's zone, once a day however often it is called.
    "followups-digest": {"task": "outreach.tasks.send_digests", "schedule": 15 * 60.0},
    # Invoices that a lost worker left between draft and issued.
    "invoices-resume": {"task": "billing.tasks.resume_issuing", "schedule": 60.0},
    # Mails of invoices and reminders that did not leave, each later than the last time.
    "invoices-post": {"task": "billing.tasks.post_what_waits", "schedule": 5 * 60.0},
    # Reminders of late invoices fall due within the hour after midnight in the practice's zone, each once.
    "reminders-climb": {"task": "billing.tasks.climb_ladder", "schedule": 60 * 60.0},
    # Long imports that a lost worker left behind.
    "imports-resume": {"task": "outreach.tasks.resume_imports", "schedule": 60.0},
}

# Sign-in: staff by password and a second factor, clients by an e-mailed code
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_ADAPTER = "core.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Whoever makes a user vouches for the address (core.services.people); there is no page to confirm one.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {"confirm_login_code": "20/m/ip,5/15m/key"}
ACCOUNT_FORMS = {
    "login": "core.forms.LoginForm",
    "request_login_code": "core.forms.RequestLoginCodeForm",
    "confirm_login_code": "core.forms.ConfirmLoginCodeForm",
    "reset_password": "core.forms.ResetPasswordForm",
}
MFA_ADAPTER = "core.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# The clock's tolerance stays at none: a used code is remembered for one period only.
MFA_TOTP_TOLERANCE = 0
# On loopback, `make run` may let staff work without a second factor until the first client is invited.
SECOND_FACTOR_MAY_WAIT = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "SAMEORIGIN"  # the preview of a document is a frame of our own
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# Language and time: UTC in the database, shown in the practice's zone
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

SILENCED_SYSTEM_CHECKS = ["security.W019"]  # wants DENY; our own previews are framed

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # botocore's debug output holds request bodies and headers; it never goes to a log of ours.
    "loggers": {
        "botocore": {"level": "WARNING"},
        "boto3": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        # It warns that a folder has no host name.
        "kombu.connection": {"level": "ERROR"},
    },
}
