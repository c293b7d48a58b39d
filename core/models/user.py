from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from core import clock
from core.models.base import PublicIdModel


class UserManager(BaseUserManager["User"]):
    """Makes rows only; people are made by `core.services.people`, which also makes their mail address known."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """With no password, the password is unusable: such a person signs in by e-mailed code."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(PublicIdModel, AbstractBaseUser):
    """A person who signs in. `is_consultant` is staff of the practice; everyone else is a client's."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_consultant = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email
