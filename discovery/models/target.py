from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from core import clock
from core.models import Organisation, PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from infra_audit.accounts import account_in
from infra_audit.aws import AwsTarget
from infra_audit.state_objects import StateObject, parse_objects


def validate_role_arn(value: str) -> None:
    """By the same measure as everywhere: what passes here can be read."""
    if not account_in(value):
        raise ValidationError("This is not the ARN of an IAM role.", code="invalid")


class AwsAccount(PublicIdModel):
    """How one AWS account of a client is reached: a profile of the consultant's own machine, the machine's default
    credentials, or a role with an external ID that either of them takes on. Never keys. What was `handed_over` is
    reached by nobody but the client, who read it and gave us the file."""

    class Consent(models.TextChoices):
        METADATA = "metadata", "Metadata only"
        CONFIGURATION = "configuration", "Configuration that may hold secrets, too"
        STATES = "states", "And the Terraform states named below, kept in buckets"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="aws_accounts")
    name = models.CharField(max_length=100)
    role_arn = models.CharField(max_length=300, blank=True, validators=[validate_role_arn])
    external_id = models.CharField(max_length=1224, blank=True)
    profile = models.CharField(max_length=100, blank=True)
    endpoint_url = models.URLField(blank=True)
    regions = models.JSONField(default=list, blank=True, help_text="Region names; empty means every enabled one.")
    consent = models.CharField(max_length=16, choices=Consent, default=Consent.METADATA)
    consent_given_by = models.CharField(max_length=200, blank=True)  # who of the client agreed
    consent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")  # who recorded it
    consent_at = models.DateTimeField(null=True, blank=True)
    paid_calls = models.BooleanField(default=False, help_text="Whether the client agreed to what AWS charges for.")
    handed_over = models.BooleanField(default=False, editable=False)
    state_objects = models.JSONField(default=list, blank=True, help_text="As s3://bucket/key: exactly these.")
    account_id = models.CharField(max_length=12, blank=True, editable=False)
    alias = models.CharField(max_length=100, blank=True, editable=False)
    partition = models.CharField(max_length=20, blank=True, editable=False)
    org_role = models.CharField(max_length=20, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StaffOnlyQuerySet["AwsAccount"].as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="aws_account_name_once"),
            models.CheckConstraint(name="aws_role_has_external_id", condition=Q(role_arn="") | ~Q(external_id="")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reads_configuration(self) -> bool:
        """True for each tier but the first: a tier includes those before."""
        return self.consent != self.Consent.METADATA

    @property
    def named_states(self) -> tuple[StateObject, ...]:
        """The objects that the client agreed to have read; none without that agreement."""
        return parse_objects(self.state_objects) if self.consent == self.Consent.STATES else ()

    def target(self, *, metadata_only: bool) -> AwsTarget:
        """What the engine opens. Configuration is read only where neither the run nor the client's word forbids it."""
        return AwsTarget(
            profile=self.profile or None,
            role_arn=self.role_arn or None,
            external_id=self.external_id or None,
            endpoint_url=self.endpoint_url or None,
            regions=tuple(self.regions),
            metadata_only=metadata_only or self.consent == self.Consent.METADATA,
            state_objects=self.named_states,
            paid_calls=self.paid_calls,
        )


class Repository(PublicIdModel):
    """A git repository of a client: a folder on this machine, or an https or ssh URL without credentials. One that was
    `sent` is a file that lies here until an audit has read it."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="repositories")
    name = models.CharField(max_length=200)
    location = models.CharField(max_length=1000)
    sent = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StaffOnlyQuerySet["Repository"].as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "location"], name="repository_once"),
            models.UniqueConstraint(fields=["organisation", "name"], name="repository_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def was_read(self) -> bool:
        """True where what was sent is gone, and must be sent again to be audited again."""
        return self.sent and not Path(self.location).exists()


class StateFile(PublicIdModel):
    """What a Terraform state said is managed: ids and tags only. The state itself is never kept."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="state_files")
    name = models.CharField(max_length=200)
    unit = models.JSONField()  # infra_audit.inventory.Unit.as_json() of "tfstate.resources"
    read_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StaffOnlyQuerySet["StateFile"].as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="state_file_once")]

    def __str__(self) -> str:
        return self.name
