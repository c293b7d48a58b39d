from cryptography.fernet import InvalidToken
from django.db import models
from django.utils.translation import gettext as _

from core import clock, crypto
from core.errors import DomainError
from core.models import Organisation, PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from infra_audit.github.way_in import GITHUB, GitHubWayIn


class GitHubAccess(PublicIdModel):
    """How a client's repositories on GitHub are asked about: a token, or an app that the client installed.

    The token, or the app's private key, is kept encrypted with FIELD_KEYS, and no page shows it again.
    """

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="github_access")
    base_url = models.CharField(max_length=200, default=GITHUB)
    owner = models.CharField(max_length=100, blank=True)  # whose repositories are offered
    app_id = models.CharField(max_length=64, blank=True)  # none: it is a token
    installation_id = models.CharField(max_length=20, blank=True)
    secret_encrypted = models.TextField(editable=False)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StaffOnlyQuerySet["GitHubAccess"].as_manager()

    def __str__(self) -> str:
        return _("GitHub app %(id)s") % {"id": self.app_id} if self.app_id else _("GitHub token")

    @property
    def is_app(self) -> bool:
        return bool(self.app_id)

    def way_in(self) -> GitHubWayIn:
        """What the engine opens. Raises DomainError where FIELD_KEYS have lost the key that it was encrypted with."""
        try:
            secret = crypto.decrypt(self.secret_encrypted)
        except InvalidToken:
            raise DomainError(_("The token for GitHub cannot be decrypted any more: store it anew.")) from None
        if self.app_id:
            return GitHubWayIn(
                app_id=self.app_id,
                installation_id=self.installation_id,
                private_key=secret,
                base_url=self.base_url,
            )
        return GitHubWayIn(token=secret, base_url=self.base_url)
