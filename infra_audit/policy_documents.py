"""What a policy document says: who may do what, under which conditions, and whether that is everybody.

"Public" is what AWS calls so for buckets, and what its Access Analyzer means elsewhere: anybody may, unless a condition
holds callers to fixed values (an account, an organisation, a network …) or a Deny takes it back.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

Document = Mapping[str, Any]

EVERYBODY = "*"
HIDDEN = "(not shown)"
EXTERNAL_ID = "sts:externalid"
INTO_A_ROLE = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")

POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"})
NEGATIVE = frozenset(
    {"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike", "notipaddress"}
)
TAKEN_LITERALLY = frozenset({"stringequals", "stringequalsignorecase", "stringnotequals", "stringnotequalsignorecase"})

# Condition keys that can hold callers to fixed values, by what their values are.
ACCOUNTS = frozenset({"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount"})
ARNS = frozenset({"aws:principalarn", "aws:sourcearn"})
ORGANISATIONS = frozenset({"aws:principalorgid", "aws:sourceorgid"})
PATHS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
NETWORKS = frozenset({"aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid"})
OTHERS = frozenset({"aws:principalservicename", "s3:dataaccesspointaccount", "sns:endpoint"})
# They stand for the account or organisation that owns the resource.
OWN = frozenset({"${aws:resourceaccount}", "${aws:resourceorgid}"})
# Networks wider than these are everybody to AWS.
WIDEST_V4, WIDEST_V6 = 8, 32


class Principal(NamedTuple):
    """`kind` is AWS's word: AWS, Service, Federated, CanonicalUser."""

    kind: str
    value: str

    @property
    def is_everybody(self) -> bool:
        return self.kind in {"AWS", "Federated"} and (self.value == EVERYBODY or self.account == EVERYBODY)

    @property
    def account(self) -> str:
        """The account's number; "" where the value names none (a deleted user's id, AWS's own)."""
        if re.fullmatch(r"\d{12}", self.value):
            return self.value
        account = account_of(self.value)
        return account if account == EVERYBODY or account.isdecimal() else ""


@dataclass(frozen=True)
class Condition:
    """One key under one operator. Operator and key in small letters; `each` is "forallvalues", "foranyvalue" or ""."""

    operator: str
    key: str
    values: tuple[str, ...]
    if_exists: bool = False
    each: str = ""

    @property
    def demands(self) -> bool:
        """True where the key must be there and match: for whom it is missing, the condition fails."""
        return self.operator in POSITIVE and not self.if_exists and self.each != "forallvalues"

    @property
    def is_fixed(self) -> bool:
        """True where every value names something of somebody, not a pattern that strangers fit."""
        return bool(self.values) and all(map(self._is_fixed, self.values))

    def _is_fixed(self, value: str) -> bool:
        if value.lower() in OWN:
            return True
        if "${" in value:
            return False
        if self.operator in TAKEN_LITERALLY:
            return True  # a star is no wildcard there: it fits nobody
        if self.key in ARNS:
            return _names_an_owner(value)
        if self.key == "aws:sourceip":
            return _is_narrow(value)
        if self.key in PATHS:
            return not _wild(value.partition("/")[0])
        if self.key == "aws:userid":
            return not _wild(value.partition(":")[0])
        return value.strip("*?") != "" if self.key == "sns:endpoint" else not _wild(value)

    @property
    def is_about_callers(self) -> bool:
        return self.key in ACCOUNTS | ARNS | ORGANISATIONS | PATHS | NETWORKS | OTHERS or self.key in {
            "aws:sourceip",
            "aws:userid",
        }

    @property
    def holds_callers(self) -> bool:
        """In an Allow: nobody else gets through than those whom its fixed values name."""
        if self.key == "aws:principalisawsservice":
            return self.operator == "bool" and not self.if_exists and self.values == ("true",)
        return self.demands and self.is_about_callers and self.is_fixed

    @property
    def spares_only_some(self) -> bool:
        """In a Deny: everybody is denied, but those whom its fixed values name. A missing key is denied too."""
        if self.key == "aws:principalisawsservice":
            return self.operator == "bool" and self.values == ("false",)
        return self.operator in NEGATIVE and self.each != "foranyvalue" and self.is_about_callers and self.is_fixed


@dataclass(frozen=True)
class Statement:
    """One statement. Actions in small letters; `all_but` where it said NotPrincipal; () where an element is absent."""

    allows: bool
    principals: tuple[Principal, ...] = ()
    all_but: bool = False
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def is_for_everybody(self) -> bool:
        """Whoever it is (but some), before conditions."""
        return self.all_but or any(one.is_everybody for one in self.principals)

    @property
    def holds_callers(self) -> bool:
        return any(one.holds_callers for one in self.conditions)

    def covers(self, action: str) -> bool:
        """True if the action is among those meant. A pattern ("sqs:*") is covered by an equal or wider one."""
        if self.not_actions:
            return not any(matches(one, action.lower()) for one in self.not_actions)
        return any(matches(one, action.lower()) for one in self.actions)

    @property
    def is_about_everything(self) -> bool:
        """`*` on `*`. NotAction and NotResource count where what is left out does not keep one from taking it back."""
        everywhere = EVERYBODY in self.resources or (bool(self.not_resources) and not _is_all(self.not_resources))
        return everywhere and self.covers("*") if self.actions else everywhere and self.covers("iam:*")


def plain_statements(document: Document | str | None) -> list[dict[str, Any]]:
    """A document's statements in AWS's own words, as rows keep them; the text of an external ID is left out."""
    if isinstance(document, str):
        document = json.loads(document) if document.strip() else None
    found = (document or {}).get("Statement") or []
    return [_without_external_id(one) for one in ([found] if isinstance(found, Mapping) else found)]


def _without_external_id(statement: Document) -> dict[str, Any]:
    """It is shared with an outsider and need not be known to more people. That it is a mere wildcard is kept."""
    conditions = {
        operator: {
            key: [value if _is_all([value]) else HIDDEN for value in _listed(values)]
            if key.lower() == EXTERNAL_ID and operator.lower() != "null"
            else values
            for key, values in keys.items()
        }
        for operator, keys in (statement.get("Condition") or {}).items()
    }
    return {**statement, **({"Condition": conditions} if conditions else {})}


def read_statements(statements: Iterable[Document]) -> tuple[Statement, ...]:
    """Statements in AWS's own words, understood: one or many, text or list, capital or small letters."""
    return tuple(_statement(one) for one in statements)


def _statement(one: Document) -> Statement:
    principals = one.get("NotPrincipal") or one.get("Principal") or {}
    return Statement(
        allows=str(one.get("Effect", "")).lower() == "allow",
        principals=tuple(_principals(principals)),
        all_but=bool(one.get("NotPrincipal")),
        actions=_small(one.get("Action")),
        not_actions=_small(one.get("NotAction")),
        resources=tuple(_listed(one.get("Resource"))),
        not_resources=tuple(_listed(one.get("NotResource"))),
        conditions=tuple(_conditions(one.get("Condition") or {})),
    )


def _principals(principals: Any) -> Iterator[Principal]:
    if isinstance(principals, str):
        yield Principal("AWS", principals)
        return
    for kind, values in principals.items():
        for value in _listed(values):
            yield Principal(kind, value)


def _conditions(conditions: Document) -> Iterator[Condition]:
    for operator, keys in conditions.items():
        name = operator.lower()
        each, _, rest = name.rpartition(":")
        plain = rest.removesuffix("ifexists")
        for key, values in keys.items():
            small = key.lower() == "aws:sourceip" or plain == "bool"
            texts = tuple(text.lower() if small else text for text in _listed(values))
            yield Condition(plain, key.lower(), texts, rest != plain, each)


def _listed(values: Any) -> list[str]:
    """AWS takes one for a list of one; numbers and booleans come without quotes at times."""
    if values is None:
        return []
    found = values if isinstance(values, list | tuple) else [values]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in found]


def _small(values: Any) -> tuple[str, ...]:
    return tuple("*" if one == "*:*" else one.lower() for one in _listed(values))


def public_actions(statements: Iterable[Document]) -> list[str]:
    """What a resource's policy lets everybody do, in order; [] where it is not public. "all but …" for NotAction."""
    read = read_statements(statements)
    denials = [one for one in read if not one.allows]
    found: dict[str, None] = {}
    for one in read:
        if one.allows and one.is_for_everybody and not one.holds_callers:
            for action in one.actions or (f"all but {', '.join(one.not_actions)}",):
                if not any(_takes_back(denial, action if one.actions else EVERYBODY) for denial in denials):
                    found[action] = None
    return list(found)


def lets_everybody(statements: Iterable[Document], action: str) -> bool:
    """True if a resource's policy lets everybody do that one thing."""
    read = read_statements(statements)
    return any(
        one.allows and one.is_for_everybody and not one.holds_callers and one.covers(action) for one in read
    ) and not any(not one.allows and _takes_back(one, action) for one in read)


def _takes_back(denial: Statement, action: str) -> bool:
    return denial.is_for_everybody and denial.covers(action) and all(one.spares_only_some for one in denial.conditions)


@dataclass(frozen=True)
class Outsider:
    """Who from outside may take on a role: an account, an organisation ("o-…") or everybody.

    `held_by` are the condition keys that hold callers where the principal itself is everybody.
    """

    account: str
    principals: tuple[str, ...]
    external_id: bool
    held_by: tuple[str, ...] = ()

    @property
    def is_everybody(self) -> bool:
        return self.account == EVERYBODY


def outsiders(trust: Iterable[Document], *, account: str, friends: Iterable[str] = ()) -> list[Outsider]:
    """Accounts and organisations whom a role's trust policy lets in, in order. `friends` count as inside: the
    organisation's id and its management account. Services, and people from an identity provider, are none."""
    read = read_statements(trust)
    inside = {account, *friends}
    denials = [one for one in read if not one.allows and any(map(one.covers, INTO_A_ROLE))]
    found: dict[tuple[str, bool], Outsider] = {}
    for one in read:
        if not one.allows or not any(map(one.covers, INTO_A_ROLE)) or _is_held_inside(one, inside):
            continue
        asked = any(c.key == EXTERNAL_ID and c.demands and not _is_all(c.values) for c in one.conditions)
        for who, principal, held_by in _let_in(one):
            if who in inside or any(_keeps_out(denial, who, principal) for denial in denials):
                continue
            before = found.get((who, asked))
            principals = (*before.principals, principal) if before else (principal,)
            found[who, asked] = Outsider(who, tuple(dict.fromkeys(principals)), asked, held_by)
    return list(found.values())


def _is_held_inside(statement: Statement, inside: set[str]) -> bool:
    """Some condition admits only one's own."""
    return any(
        one.holds_callers and one.key in ACCOUNTS | ARNS | ORGANISATIONS | PATHS and set(_owners(one)) <= inside
        for one in statement.conditions
    )


def _let_in(statement: Statement) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(account or organisation, principal, holding keys) of everyone whom a statement admits."""
    if not statement.is_for_everybody:
        for one in statement.principals:
            if one.kind == "AWS" and one.account:
                yield one.account, one.value, ()
        return
    holding = [one for one in statement.conditions if one.holds_callers]
    named = next((one for one in holding if one.key in ACCOUNTS | ARNS | ORGANISATIONS | PATHS), None)
    keys = tuple(one.key for one in holding)
    for owner in dict.fromkeys(_owners(named)) if named else (EVERYBODY,):
        yield owner, EVERYBODY, keys


def _owners(condition: Condition) -> Iterator[str]:
    """The accounts or organisations that its values name."""
    for value in condition.values:
        if condition.key in ARNS:
            yield account_of(value) or value
        elif condition.key in PATHS:
            yield value.partition("/")[0]
        else:
            yield value


def _keeps_out(denial: Statement, who: str, principal: str) -> bool:
    """True if a Deny surely meets these callers: they are meant, and each of its conditions is theirs."""
    named = {value for one in denial.principals for value in (one.account, one.value) if value}
    meant = denial.is_for_everybody if not denial.all_but else named.isdisjoint({who, principal})
    meant = meant or (not denial.all_but and bool(named & {who, principal}))
    return meant and all(_is_not_among(one, who) for one in denial.conditions)


def _is_not_among(condition: Condition, who: str) -> bool:
    return condition.spares_only_some and (
        condition.key in ACCOUNTS | ARNS | ORGANISATIONS | PATHS and who not in set(_owners(condition))
    )


def allows_everything(statements: Iterable[Document]) -> Iterator[Statement]:
    """The statements that allow every action on every resource, unless an unconditional Deny takes that back."""
    read = read_statements(statements)
    if any(not one.allows and one.is_about_everything and not one.conditions for one in read):
        return
    yield from (one for one in read if one.allows and one.is_about_everything)


def matches(pattern: str, text: str) -> bool:
    """AWS's wildcards: `*` for any signs, `?` for one."""
    return bool(_pattern(pattern).fullmatch(text))


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def account_of(arn: str) -> str:
    """The account in an ARN; "" where there is none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _wild(text: str) -> bool:
    return not text or "*" in text or "?" in text


def _is_all(values: Iterable[str]) -> bool:
    """True if any value is nothing but wildcards."""
    return any(value and not value.strip("*?") for value in values)


def _names_an_owner(arn: str) -> bool:
    """An account, or a bucket: no two owners share its name, so its ARN needs no account."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return False
    return not _wild(parts[4]) or (parts[2] == "s3" and not _wild(parts[5].partition("/")[0]))


def _is_narrow(network: str) -> bool:
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    widest = WIDEST_V4 if found.version == 4 else WIDEST_V6
    return found.prefixlen >= widest or (found.version == 4 and found.is_private)
