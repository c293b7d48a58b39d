from django.db import migrations

MOST_TRIES = 10


def fill(apps, schema_editor):
    """Who got it, and whether it is tried again: what was sent is not, nor what was tried for the last time."""
    for row in apps.get_model("portal", "ReportMail").objects.select_related("user").iterator():
        row.address = row.user.email
        row.created_at = row.tried_at
        row.has_failed = row.sent_at is None
        row.next_try_at = row.tried_at if row.sent_at is None and row.tries < MOST_TRIES else None
        row.save()


def nothing(apps, schema_editor):
    """What was filled in goes with its columns."""


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_queue_report_mails")]

    operations = [migrations.RunPython(fill, nothing)]
