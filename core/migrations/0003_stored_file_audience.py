from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_practice_accent")]

    operations = [
        migrations.AddField(
            model_name="storedfile",
            name="audience",
            field=models.CharField(choices=[("staff", "Staff"), ("client", "Client")], default="staff", max_length=8),
        ),
    ]
