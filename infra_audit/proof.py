"""What a client runs in their own CloudTrail to see what we did: the proof that our log of calls is the whole of it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

import json
from collections.abc import Sequence

from infra_audit.collectors.aws.sessions import SESSION_NAME

ROLE_NAME = "infra-audit"


def logs_insights(roles: Sequence[str] = (ROLE_NAME,)) -> str:
    """For CloudWatch Logs Insights, where a trail writes to a log group: choose that group, and the audit's days.

    What roles of these names did; without any, what was sent by this program, whoever signed in.
    """
    names = ", ".join(json.dumps(one) for one in roles)
    who = (
        f"userIdentity.sessionContext.sessionIssuer.userName in [{names}]" if roles else "userAgent like /infra-audit/"
    )
    return f"""\
filter {who}
| stats count(*) as calls, min(eventTime) as first, max(eventTime) as last
    by eventSource, eventName, awsRegion, readOnly, errorCode
| sort readOnly asc, calls desc
| limit 10000
"""


# For Athena, over the table that CloudTrail's own page makes ("Create Athena table").
# https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html
ATHENA = f"""\
SELECT eventsource, eventname, awsregion, readonly, errorcode,
       count(*) AS calls, min(eventtime) AS first_at, max(eventtime) AS last_at
FROM cloudtrail_logs
WHERE useridentity.sessioncontext.sessionissuer.username = '{ROLE_NAME}'
GROUP BY eventsource, eventname, awsregion, readonly, errorcode
ORDER BY readonly, calls DESC
"""  # noqa: S608 - of constants, and run by others

# Without any trail: the event history of 90 days, one region at a time; it knows a session by its name.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-cli.html
EVENT_HISTORY = f"""\
aws cloudtrail lookup-events --region REGION \\
  --lookup-attributes AttributeKey=Username,AttributeValue={SESSION_NAME} \\
  --query 'Events[].[EventTime,EventSource,EventName,ReadOnly]' --output text
"""
