from django.db import models

from core import clock


class QueuedMail(models.Model):
    """One mail to one address, until it has left: a row that `core.posting` claims, sends and tries again."""

    address = models.EmailField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now, null=True, db_index=True)  # empty: sent, or given up
    sent_at = models.DateTimeField(null=True)
    has_failed = models.BooleanField(default=False)  # the last time
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True

    @property
    def is_given_up(self) -> bool:
        return self.has_failed and self.next_try_at is None
