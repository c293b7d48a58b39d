"""Behind TLS. SECRET_KEY, FIELD_KEYS, ALLOWED_HOSTS and BASE_URL must be set; there is no default to forget."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import ALLOWED_HOSTS, BASE_URL, FIELD_KEYS, SECRET_KEY

for name, value in {"SECRET_KEY": SECRET_KEY, "FIELD_KEYS": FIELD_KEYS, "ALLOWED_HOSTS": ALLOWED_HOSTS}.items():
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment or in .env.")

CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^healthz$"]  # probes ask from inside, by http
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
