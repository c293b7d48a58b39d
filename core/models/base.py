import secrets

from django.db import models


def make_public_id() -> str:
    """22 URL-safe characters, 128 bits: nobody guesses a neighbour's."""
    return secrets.token_urlsafe(16)


class PublicIdModel(models.Model):
    """A row that has an address: `public_id` is the only id that leaves the program."""

    public_id = models.CharField(max_length=22, unique=True, default=make_public_id, editable=False)

    class Meta:
        abstract = True
