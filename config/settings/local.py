"""One machine, embedded parts: `make run` and `make demo`. Keys are made on first use and kept under `var/`."""

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

from config.settings.base import *
from config.settings.base import ALLOWED_HOSTS, BASE_URL, FIELD_KEYS, SECRET_KEY, STORAGES, VAR_DIR, env
from config.settings.keys import kept

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = SECRET_KEY or kept(VAR_DIR / "secret.key", get_random_secret_key)
FIELD_KEYS = FIELD_KEYS or [kept(VAR_DIR / "field.key", lambda: Fernet.generate_key().decode())]
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# As in production, but uncompressed: that takes ten seconds at each start, and saves nothing on one machine.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
# WebAuthn refuses bare addresses and plain http, but for http://localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SECOND_FACTOR_MAY_WAIT = not DEMO
