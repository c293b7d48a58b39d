"""Encryption of the few fields that must be readable again: TOTP secrets, tokens, the fingerprint key."""

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(text: str) -> str:
    """Encrypted with the first of FIELD_KEYS."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Decrypted with whichever of FIELD_KEYS fits; raises InvalidToken where none does."""
    return _fernet().decrypt(token.encode()).decode()
