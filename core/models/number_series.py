from django.db import models


class NumberSeries(models.Model):
    """The last number drawn of one kind of document: proposals of the practice, change orders of an engagement."""

    kind = models.CharField(max_length=32)  # "proposal", "change_order"
    scope = models.CharField(max_length=64, blank=True)  # what it counts within: an engagement's public id, a year
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "scope"], name="number_series_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.scope}: {self.last}".strip()
