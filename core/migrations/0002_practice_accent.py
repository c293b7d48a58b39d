import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="practice",
            name="accent",
            field=models.CharField(
                blank=True,
                default="",
                max_length=7,
                validators=[django.core.validators.RegexValidator("^#[0-9a-f]{6}$")],
            ),
            preserve_default=False,
        ),
    ]
