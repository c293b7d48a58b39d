from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discovery", "0004_aws_account_consent_given_by")]

    operations = [
        migrations.AddField(model_name="finding", name="published_at", field=models.DateTimeField(null=True)),
    ]
