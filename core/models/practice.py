import secrets
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from core import crypto


def default_tag_policy() -> list[str]:
    return ["Environment", "Owner"]


def make_fingerprint_key() -> str:
    """Encrypted at rest: a copy of the database alone lets nobody guess values back from their fingerprints."""
    return crypto.encrypt(secrets.token_hex(32))


class Practice(models.Model):
    """The one practice this installation belongs to."""

    name = models.CharField(max_length=200)
    address = models.TextField(blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}$")])
    logo = models.ForeignKey("core.StoredFile", models.SET_NULL, null=True, blank=True, related_name="+")
    accent = models.CharField(max_length=7, blank=True, validators=[RegexValidator(r"^#[0-9a-f]{6}$")])
    tag_policy = models.JSONField(default=default_tag_policy, help_text="Tag keys that every resource should carry.")
    fingerprint_key_encrypted = models.TextField(default=make_fingerprint_key, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(name="one_practice", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def get(cls) -> Self:
        """The practice, made with a plain name where nobody has named it yet."""
        practice, _made = cls.objects.get_or_create(id=1, defaults={"name": settings.DEFAULT_PRACTICE_NAME})
        return practice

    @property
    def fingerprint_key(self) -> bytes:
        """Keys the fingerprints of findings and secrets; survives rotation of FIELD_KEYS."""
        return bytes.fromhex(crypto.decrypt(self.fingerprint_key_encrypted))
