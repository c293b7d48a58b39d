import hashlib
from typing import Self

from django.core.files.base import ContentFile
from django.db import models

from core import clock
from core.models.base import PublicIdModel, make_public_id
from core.models.organisation import Organisation
from core.models.user import User


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def visible_to(self, user: User) -> Self:
        """A client's people see what was published for them, of their own organisations."""
        if user.is_consultant:
            return self
        return self.filter(audience=StoredFile.Audience.CLIENT, organisation__in=Organisation.objects.visible_to(user))


def storage_path(stored: "StoredFile", filename: str) -> str:
    """A random name: nothing of the client shows in the storage."""
    return f"files/{stored.created_at:%Y/%m}/{make_public_id()}"


class StoredFile(PublicIdModel):
    """A file people stored or the program made. Served by a view alone, as attachment."""

    class Audience(models.TextChoices):
        STAFF = "staff"
        CLIENT = "client"

    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=storage_path, max_length=200)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StoredFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def store(cls, *, name: str, content_type: str, content: bytes, organisation: Organisation | None = None) -> Self:
        """Write the bytes and the row that describes them."""
        stored = cls(
            organisation=organisation,
            name=name,
            content_type=content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        stored.file.save(name, ContentFile(content), save=False)
        stored.save()
        return stored
