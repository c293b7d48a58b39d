"""How much of a client's resources is in code, in words and in rows: from a run's result to pages and documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from discovery.subjects import SERVICES
from discovery.wording import capitalised, listed
from infra_audit.iac import NOT_TOLD
from infra_audit.inventory import GLOBAL

COUNTS = ("managed", "unmanaged", "derived", "unknown", "cloudformation", "terraform", "orphaned", "hinted")
ENVIRONMENTS = ("prod", "staging", "test", "dev")  # as far as they come, in this order


@dataclass(frozen=True)
class Share:
    """How many resources of one service, region or environment stand where; `text` says it as a share."""

    label: str
    managed: int
    unmanaged: int
    derived: int
    unknown: int
    cloudformation: int
    terraform: int
    orphaned: int
    hinted: int
    text: str


@dataclass(frozen=True)
class Group:
    """The same resources, counted by one thing."""

    title: str
    column: str
    rows: tuple[Share, ...]


def code_groups(result: Mapping[str, Any]) -> tuple[Group, ...]:
    """By service, region and environment; none for a run from before these were counted."""
    by = result.get("iac_coverage_by", {})
    found = (
        Group(_("By service"), _("Service"), _rows(by.get("service", {}), _service)),
        Group(_("By region"), _("Region"), _rows(by.get("region", {}), _region)),
        Group(_("By environment"), _("Environment"), _by_environment(by.get("environment", {}))),
    )
    return tuple(group for group in found if group.rows)


def environment_rows(result: Mapping[str, Any]) -> tuple[Share, ...]:
    """By environment alone; none where all are of one."""
    rows = _by_environment(result.get("iac_coverage_by", {}).get("environment", {}))
    return rows if len(rows) > 1 else ()


def code_sentence(result: Mapping[str, Any]) -> str:
    """ "18 % in CloudFormation, the rest unknown: no Terraform state was given."; "" where there is nothing to say."""
    counts = {name: sum(share.get(name, 0) for share in result.get("iac_coverage", {}).values()) for name in COUNTS}
    whole = counts["managed"] + counts["unmanaged"] + counts["unknown"]
    if not whole or "iac_states" not in result:
        return ""
    if not result["iac_states"]["given"]:
        share = percent(counts["cloudformation"], whole)
        if not counts["cloudformation"]:
            return _("Nothing is in CloudFormation. No Terraform state was given, so of the rest nobody can say.")
        if counts["cloudformation"] == whole:
            return _("Everything is in CloudFormation.")
        return _("%(share)s in CloudFormation, the rest unknown: no Terraform state was given.") % {"share": share}
    parts = [
        _("%(share)s in CloudFormation") % {"share": percent(counts["cloudformation"], whole)},
        _("%(share)s in Terraform") % {"share": percent(counts["terraform"], whole)},
        _("%(share)s by hand") % {"share": percent(counts["unmanaged"], whole)},
    ]
    if counts["unknown"]:
        parts.append(_("%(share)s unknown") % {"share": percent(counts["unknown"], whole)})
    tools = [name for name in result.get("iac_tools", {}) if name not in {"CloudFormation", "Terraform"}]
    written = _(" Stacks were written with %(tools)s, too.") % {"tools": listed(tools)} if tools else ""
    return f"{', '.join(parts)}.{written}"


def percent(part: int, whole: int) -> str:
    """ "18 %"; what is not nothing is not called 0 %, and what is not all not 100 %."""
    if 0 < part * 200 < whole:
        return _("under 1 %")
    rounded = (part * 200 + whole) // (whole * 2)
    return _("over 99 %") if rounded == 100 and part < whole else f"{rounded} %"


def _rows(shares: Mapping[str, Mapping[str, int]], label: Any) -> tuple[Share, ...]:
    rows = [_share(label(name), share) for name, share in shares.items()]
    weighty = [row for row in rows if row.managed + row.unmanaged + row.unknown]
    return tuple(sorted(weighty, key=lambda row: (-(row.managed + row.unmanaged + row.unknown), row.label)))


def _by_environment(shares: Mapping[str, Mapping[str, int]]) -> tuple[Share, ...]:
    """Production first; what nothing tells of comes last."""
    order = [*(name for name in ENVIRONMENTS if name in shares), *sorted(shares.keys() - {*ENVIRONMENTS, NOT_TOLD})]
    order += [NOT_TOLD] if NOT_TOLD in shares else []
    rows = [_share(_("not told") if name == NOT_TOLD else name, shares[name]) for name in order]
    return tuple(row for row in rows if row.managed + row.unmanaged + row.unknown)


def _share(label: str, share: Mapping[str, int]) -> Share:
    counts = {name: share.get(name, 0) for name in COUNTS}
    whole = counts["managed"] + counts["unmanaged"] + counts["unknown"]
    text = percent(counts["managed"], whole) if whole else "–"
    return Share(label=label, text=text, **counts)


def _service(name: str) -> str:
    known = {"elasticloadbalancing": "load balancers", "elasticfilesystem": "shared file systems"} | SERVICES
    return capitalised(known.get(name, name))


def _region(name: str) -> str:
    return _("everywhere") if name == GLOBAL else name
