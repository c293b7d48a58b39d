"""The role that a client makes to let us in: what it may do, who may take it on, until when, what it says of itself.

How it is written down is `infra_audit.role_files`'s.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from infra_audit import TOOL_VERSION
from infra_audit.collectors.aws.sessions import SESSION_DURATION_S, SESSION_NAME
from infra_audit.collectors.aws.throttle import Limits
from infra_audit.collectors.registry import Consent
from infra_audit.errors import BadArgumentError
from infra_audit.policy import policy, trust_policy
from infra_audit.proof import ATHENA, EVENT_HISTORY, ROLE_NAME, logs_insights
from infra_audit.state_objects import StateObject

TRUST_DAYS = 90  # how long a role lets in whoever names no end
# A person or a role of ours: an account's ARN would let in everybody there, a star everybody.
PRINCIPAL = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::\d{12}:(?:user|role)/[\w+=,.@/-]+")
SESSION = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
SHORTEST_EXTERNAL_ID = 16  # what nobody guesses


def new_external_id() -> str:
    """A random one: 32 hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Role:
    """What the client's role shall be. Raises BadArgumentError, in one sentence that names the mend, if it cannot be.

    `until` is the first day (UTC) on which nobody comes in any more; `today` only says whether that is past.
    """

    principal: str
    until: date
    today: date
    external_id: str = field(default_factory=new_external_id)
    tier: Consent = Consent.METADATA
    states: tuple[StateObject, ...] = ()
    lists_organisation: bool = False  # in the management account: to find the others
    limits: Limits = field(default_factory=Limits)  # how fast we ask at most, as the notice tells

    def __post_init__(self) -> None:
        if SESSION.match(self.principal):
            raise BadArgumentError(f"{self.principal} is a session, gone in an hour: name the role it is of.")
        if not PRINCIPAL.fullmatch(self.principal):
            raise BadArgumentError(
                f"{self.principal} is not one exact user or role:"
                " write it like arn:aws:iam::123456789012:user/ada (`aws sts get-caller-identity` says yours)."
            )
        if not EXTERNAL_ID.fullmatch(self.external_id) or len(self.external_id) < SHORTEST_EXTERNAL_ID:
            raise BadArgumentError(
                f"an external ID is {SHORTEST_EXTERNAL_ID} or more letters, digits and +=,.@:/-:"
                " leave it out to have one made."
            )
        if self.until <= self.today:
            raise BadArgumentError(f"{self.until:%Y-%m-%d} is past: the role would let nobody in.")
        if self.states and self.tier is Consent.METADATA:
            raise BadArgumentError("--state opens more than metadata: leave it out, or choose --tier configuration.")

    @property
    def partition(self) -> str:
        return self.principal.split(":")[1]

    @property
    def trust(self) -> dict[str, Any]:
        """Who may take it on, as a policy document."""
        return trust_policy(principal=self.principal, external_id=self.external_id, until=self.until)

    @property
    def permissions(self) -> dict[str, Any]:
        """What it may do, as a policy document; from its last day on nothing, sessions under way included."""
        granted = policy(
            metadata_only=self.tier is Consent.METADATA,
            states=self.states,
            partition=self.partition,
            lists_organisation=self.lists_organisation,
        )
        end = {
            "Sid": "NothingFromTheEndOn",
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": "*",
            "Condition": {"DateGreaterThanEquals": {"aws:CurrentTime": f"{self.until:%Y-%m-%d}T00:00:00Z"}},
        }
        return {**granted, "Statement": [*granted["Statement"], end]}

    @property
    def tags(self) -> dict[str, str]:
        """So that whoever finds it knows what it is for, and when it may go."""
        return {"Purpose": "read-only audit", "ExpiresOn": f"{self.until:%Y-%m-%d}"}

    def notice(self, how_to_make: str, how_to_end: str) -> str:
        """For the client's security people, as plain text."""
        return NOTICE.format(
            role=ROLE_NAME,
            version=TOOL_VERSION,
            principal=self.principal,
            external_id=self.external_id,
            session=SESSION_NAME,
            minutes=SESSION_DURATION_S // 60,
            until=f"{self.until:%d %B %Y}".lstrip("0"),
            reads="\n".join(f"  {line}" for line in self._reads()),
            how_fast=_how_fast(self.limits),
            how_to_make=how_to_make,
            how_to_end=how_to_end,
            insights=_indented(logs_insights()),
            athena=_indented(ATHENA),
            history=_indented(EVENT_HISTORY),
        )

    def _reads(self) -> list[str]:
        lines = ["Metadata: what there is, and how it is set up."]
        if self.tier is not Consent.METADATA:
            lines += [
                "Configuration that may hold secrets: start-up scripts, environments of functions and",
                "containers, plain parameters, and what stacks were given. It is searched in memory;",
                "a secret's value is stored nowhere, and never tried.",
            ]
        if self.lists_organisation:
            lines.append("The list of the organisation's accounts: their numbers, names and states.")
        if self.states:
            lines += ["The ids and tags in these Terraform states, and in no other object:"]
            lines += [f"  {one}" for one in self.states]
        return lines


NOTICE = """\
A role that lets one reader into this account, for an audit (infra-audit {version}).

FOR YOUR SECURITY PEOPLE

Who comes in     {principal}
                 and nobody else; not the rest of that account.
With             the external ID {external_id}
As               the session "{session}" of the role "{role}", {minutes} minutes at a time,
                 with "infra-audit/{version}" in the user agent.
Until            {until}, 00:00 UTC. From then on nobody comes in, and sessions under way may do nothing.
How fast         {how_fast}

It reads
{reads}

It is refused, whatever else allows it, what is inside: objects, rows of tables, messages of queues,
values of secrets, encrypted parameters, passwords of servers, and decrypting. It holds no permission
that changes anything. One thing is made by reading: IAM's own credential report, which IAM keeps.

To let it in     {how_to_make}
To end it now    {how_to_end}

WHAT PROVES IT

Every call that we make is in our report, with its time and how it ended. Your own CloudTrail says the
same of this role: it should list no call that our log does not have, and none that is not read-only,
save for making that credential report, which it may count as a write. Taking on the role (AssumeRole)
stands under the name of who comes in, not under the role's. Attempts to read what is inside are
refused; CloudTrail records those only where you have switched data events on.

With a trail that writes to CloudWatch Logs, in Logs Insights:

{insights}

With a trail that writes to a bucket, in Athena:

{athena}

With no trail at all, from the event history, one region at a time:

{history}
"""


def _how_fast(limits: Limits) -> str:
    lane, overall = (f"{rate:g}" if rate else "" for rate in (limits.lane_per_second, limits.overall_per_second))
    if not lane:
        return f"at most {overall} requests a second in all." if overall else "as fast as AWS answers."
    return f"at most {lane} requests a second to one service in one region{overall and f', {overall} in all'}."


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines())
