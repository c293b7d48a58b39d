from typing import Generic, Self, TypeVar

from django.db import models

from core.models.user import User

Row = TypeVar("Row", bound=models.Model)


class StaffOnlyQuerySet(models.QuerySet[Row], Generic[Row]):
    """Rows that only staff ever see; what a client sees of them is published elsewhere."""

    def visible_to(self, user: User) -> Self:
        return self if user.is_consultant else self.none()
