"""What GitHub's refusals mean: how a unit ends, and which permission was missing.

GitHub hides what one may not see behind "Not Found", and says in a header which permissions it would have taken:
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra_audit.errors import AuditError
from infra_audit.github.way_in import GitHubWayIn
from infra_audit.inventory import Ending

ACCEPTED = "x-accepted-github-permissions"
SINGLE_SIGN_ON = "x-github-sso"
BAD_SIGN_IN = "GitHub sign-in: the token is wrong, or it has expired"
NOT_AUTHORISED = "organisation's single sign-on: the token is not authorised for it"
OUTSIDE_ADDRESSES = "organisation's list of allowed addresses"
OR_NO_SUCH = ", or there is no such repository"
# The header's names where they are others than the settings page's
CALLED = {"vulnerability_alerts": "Dependabot alerts", "secret_scanning_alerts": "Secret scanning alerts"}
LONGEST = 100  # characters, as units are stored
MOVED = range(300, 400)
GONE = frozenset({410, 451})


@dataclass(frozen=True)
class Answer:
    """What GitHub said: `data` is its JSON, `said` the sentence of a refusal. Headers have lower-case names."""

    status: int
    headers: Mapping[str, str]
    data: Any = None

    @property
    def said(self) -> str:
        message = self.data.get("message") if isinstance(self.data, dict) else None
        return message if isinstance(message, str) else ""


class RefusedError(AuditError):
    """GitHub did not tell. The text is one sentence of ours; what GitHub said is for comparing, not for passing on."""

    def __init__(
        self, ending: Ending, sentence: str, *, permission: str = "", denied_by: str = "", answer: Answer | None = None
    ) -> None:
        super().__init__(sentence)
        self.ending = ending
        self.permission = permission[:LONGEST] or None
        self.denied_by = denied_by[:LONGEST] or None
        self.status = answer.status if answer else 0
        self.said = answer.said.lower() if answer else ""


def refusal_of(answer: Answer, way_in: GitHubWayIn, permission: str = "") -> RefusedError:
    """`permission` is what the question takes, for servers that do not say it themselves."""
    if answer.status == 401:
        return _denied(answer, BAD_SIGN_IN)
    if answer.status == 403 and SINGLE_SIGN_ON in answer.headers:
        return _denied(answer, NOT_AUTHORISED)
    if answer.status == 403 and "ip allow list" in answer.said.lower():
        return _denied(answer, OUTSIDE_ADDRESSES)
    if answer.status == 403 and "upgrade to github" in answer.said.lower():
        sentence = "GitHub does not offer this on the plan that the repository is on."
        return RefusedError(Ending.NOT_APPLICABLE, sentence, answer=answer)
    if answer.status in {403, 404}:
        needed = accepted_in(answer.headers) or permission
        return _denied(answer, way_in.held_back + (OR_NO_SUCH if answer.status == 404 else ""), needed)
    if answer.status in GONE:
        return RefusedError(Ending.NOT_APPLICABLE, "This is switched off for the repository.", answer=answer)
    if answer.status in MOVED:
        sentence = "The repository moved to another address; give the new one."
        return RefusedError(Ending.ERROR, sentence, answer=answer)
    return RefusedError(Ending.ERROR, f"GitHub answered with an error (status {answer.status}).", answer=answer)


def _denied(answer: Answer, by: str, permission: str = "") -> RefusedError:
    sentence = f"Denied by the {by}" + (f"; needed is “{permission}”." if permission else ".")
    return RefusedError(Ending.DENIED, sentence, permission=permission, denied_by=by, answer=answer)


def accepted_in(headers: Mapping[str, str]) -> str:
    """The first of the sets of permissions that GitHub would have taken: "Administration: read"."""
    first = headers.get(ACCEPTED, "").partition(";")[0]
    return ", ".join(_readable(one) for one in first.split(",") if "=" in one)


def _readable(one: str) -> str:
    name, _equals, level = one.strip().partition("=")
    return f"{CALLED.get(name) or name.replace('_', ' ').capitalize()}: {level}"
