"""What the doctor looks at in the room of findings."""

from core import clock
from core.doctor import Told, check, ok, warning
from infra_audit import support


@check("support-dates")
def support_dates() -> Told:
    """The table that tells what lost support is not older than a year."""
    compiled = support.COMPILED.isoformat()
    if support.is_old(clock.now().date()):
        return warning(
            f"the table of support dates is from {compiled}, more than a year old",
            "Upgrade to a newer release of this program: audits do not judge versions that the table does not know.",
        )
    return ok(f"the table of support dates is from {compiled}")
