"""For tests. TEST_DATABASE names another database than SQLite; keys are made anew at each start."""

import atexit
import os
import shutil
import tempfile

from cryptography.fernet import Fernet

if "VAR_DIR" not in os.environ:  # the first process makes it, its children inherit it
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="practice-test-")
    atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)

from config.settings.base import *
from config.settings.base import DATABASES, VAR_DIR, database, env

SECRET_KEY = Fernet.generate_key().decode()
FIELD_KEYS = [Fernet.generate_key().decode()]
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if url := env.str("TEST_DATABASE", default=""):
    DATABASES["default"] = database(url)
    DATABASES["default"]["CONN_MAX_AGE"] = 0
else:
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
# Each test process rings its own bell, also where all share one Redis.
CELERY_TASK_DEFAULT_QUEUE = f"test-{os.getpid()}"
CELERY_BROKER_URL = env.str("TEST_REDIS_URL", default=CELERY_BROKER_URL)
# Most tests stand in one transaction, behind which a heartbeat would wait in vain: none is due while a test lasts.
SHARD_LEASE_S = env.int("SHARD_LEASE_S", default=1200)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MAIL_IN_BACKGROUND = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR_DIR / "media"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

# An emulated account has no quota to be spared.
AWS_REQUESTS_PER_SECOND = AWS_REQUESTS_IN_ALL = 0
