from django.db import migrations, models


class Migration(migrations.Migration):
    """Whoever freezes a summary holds it, so that a second worker does not draw the same document."""

    dependencies = [("discovery", "0002_summary_entry_address")]

    operations = [migrations.AddField("summary", "lease_until", models.DateTimeField(null=True))]
