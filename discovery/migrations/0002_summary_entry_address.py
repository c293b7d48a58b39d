from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import core.models.base


def give_addresses(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A default is worked out once for a whole table, so each row of before gets its own here."""
    entries = apps.get_model("discovery", "SummaryEntry").objects.using(schema_editor.connection.alias)
    for pk in entries.filter(public_id=None).values_list("pk", flat=True):
        entries.filter(pk=pk).update(public_id=core.models.base.make_public_id())


class Migration(migrations.Migration):
    """Entries of a summary are edited one by one, so each has an address that nobody guesses."""

    dependencies = [("discovery", "0001_initial")]

    operations = [
        migrations.AddField("summaryentry", "public_id", models.CharField(max_length=22, null=True, editable=False)),
        migrations.RunPython(give_addresses, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "summaryentry",
            "public_id",
            models.CharField(default=core.models.base.make_public_id, editable=False, max_length=22, unique=True),
        ),
    ]
