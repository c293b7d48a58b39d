"""One of each thing that has an address, the people who may knock, and every route of the project with who may pass.

A new route is added to CASES, or the wall test fails.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows import login
from allauth.account.internal.userkit import user_id_to_str
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from billing.services.disputes import open_dispute
from billing.services.drafting import draft_deposit
from billing.services.payments import Received, record_payment
from billing.services.promises import promise_payment
from core import clock
from core.models import Membership, Practice, StoredFile, User
from discovery.models import Finding, Run, StateFile, Summary
from discovery.services import summaries
from discovery.summary import summary_content
from engagements.services import changes, decisions, items
from engagements.services.acceptance import propose_rescission
from engagements.services.work import log_work
from infra_audit.inventory import Ending, Place, Unit
from outreach import dates
from outreach.services.imports import check_import
from portal.models import ProgressReport, ReportCall
from tests.billing_factories import by_hand, issue, make_tax
from tests.discovery_factories import (
    make_audited_run,
    make_aws_account,
    make_github_access,
    make_repository,
    make_run,
    make_schedule,
    make_shard,
)
from tests.dunning_factories import climb, make_owed
from tests.engagement_factories import make_draft, make_line, make_proposal_link, make_sent_revision
from tests.factories import (
    make_client,
    make_consultant,
    make_image,
    make_organisation,
    make_practice,
    make_stored_file,
)
from tests.money_factories import make_cost_base
from tests.outreach_factories import day, make_contact, make_encounter, make_lead
from tests.report_factories import make_draft_report, make_report, with_pdfs
from tests.scope_factories import make_engagement, make_order, make_trade, work

# Words that stand in ben's things alone: none may reach another client.
BENS_WORDS = (
    "Tern and Tide",
    "bens-account",
    "bens-shop",
    "bens-state",
    "bens-evidence",
    "bens-contact",
    "bens-lead",
    "bens-draft",
    "BENS-OWN-VERDICT",
    "bens-project",
    "bens-item",
    "bens-swap",
    "bens-question",
    "bens-progress",
    "bens-late-invoice",
    "bens-disputed",
    "bens-promise",
    "bens-reason",
    "bens-invoice",
)

# Who may pass
LINK = "link"  # whoever holds the address: it is a key
OPEN = "open"  # everybody, signed in or not
SIGN_IN = "sign-in"  # pages for whoever is not signed in; everybody else is sent on
PERSON = "person"  # whoever is signed in
STAFF = "staff"  # consultants; for a client there is no such page
OWN = "own"  # consultants, and the people of that client
MARKS = "marks"  # the same, and what a client's person sends there is kept
MONEY = "money"  # consultants, and the owners and payers of that client; for a reader there is no such thing
SIGNS = "signs"  # what an owner of that client does alone with what costs money: readers do not see it, others may not
ACTS = "acts"  # what an owner of that client does alone with what all its people see
OWNS = "owns"  # consultants, and an owner of that client; its other people see the thing and may not do this
HIDDEN = "hidden"  # consultants; for everybody else there is no such page, signed in or not
NOWHERE = "nowhere"  # nobody here: a page of the demo, say

CLIENTS = ("ben", "payer", "reader", "cleo")
PEOPLE = ("anonymous", "ada", *CLIENTS)


@dataclass(frozen=True)
class Case:
    """A route with the things of a world (or plain words) that its address is made of; `methods` are those it takes."""

    route: str
    args: tuple[str, ...] = ()
    access: str = STAFF
    methods: str = "GET POST"
    shown: tuple[int, ...] = (200,)  # what a GET of somebody who may pass answers

    def __str__(self) -> str:
        return " ".join((self.route, *self.args))

    def path(self, world: "World") -> str:
        return reverse(self.route, args=[world.address(arg) for arg in self.args])


GET, POST = "GET", "POST"
CASES = [
    Case("account_login", access=SIGN_IN),
    Case("account_request_login_code", access=SIGN_IN),
    Case("account_confirm_login_code", access=SIGN_IN, shown=(302,)),
    Case("mfa_authenticate", access=SIGN_IN, shown=(302,)),
    Case("mfa_login_webauthn", access=SIGN_IN, shown=(302,)),  # the page asks by script
    Case("account_inactive", access=OPEN, methods=GET),
    Case("account_reset_password", access=OPEN),
    Case("account_reset_password_done", access=OPEN, methods=GET),
    Case("account_reset_password_from_key", ("adas_number", "adas_key"), access=OPEN, shown=(200, 302)),
    Case("account_reset_password_from_key_done", access=OPEN, methods=GET),
    Case("account_logout", access=OPEN, shown=(200, 302)),
    Case("account_change_password"),
    Case("account_reauthenticate"),
    Case("mfa_reauthenticate"),
    Case("mfa_reauthenticate_webauthn"),
    Case("mfa_index", access=OPEN, shown=(302,)),
    Case("mfa_activate_totp", shown=(302,)),
    Case("mfa_deactivate_totp"),
    Case("mfa_list_webauthn", access=OPEN, shown=(302,)),
    Case("mfa_add_webauthn"),
    Case("mfa_edit_webauthn", ("adas_passkey",)),
    Case("mfa_remove_webauthn", ("adas_passkey",)),
    Case("mfa_view_recovery_codes", methods=GET),
    Case("mfa_generate_recovery_codes"),
    Case("mfa_download_recovery_codes", methods=GET),
    Case("portal:home", access=PERSON, methods=GET),
    Case("portal:organisation", ("organisation",), access=OWN, methods=GET),
    Case("portal:findings", ("organisation",), access=OWN, methods=GET),
    *(
        Case(f"portal:finding-{act}", ("published_finding",), access=ACTS, methods=POST)
        for act in ("agree", "dispute", "retest")
    ),
    Case("portal:people", ("organisation",), access=OWN, methods=GET),
    Case("portal:person-invite", ("organisation",), access=OWNS, methods=POST),
    *(
        Case(f"portal:person-{act}", ("organisation", "ben", "owner"), access=OWNS, methods=POST)
        for act in ("role", "remove")
    ),
    Case("portal:demo-mail", access=NOWHERE),
    Case("portal:reports", ("engagement",), access=OWN, methods=GET),
    *(Case(f"portal:report-{act}", ("engagement",), methods=POST) for act in ("begin", "none", "cadence")),
    Case("portal:report", ("report",), access=OWN, methods=GET),
    Case("portal:report", ("drafted_report",), methods=GET, shown=(302,)),
    Case("portal:report-pdf", ("report",), access=OWN, methods=GET),
    Case("portal:report-read", ("report",), access=MARKS, methods=POST),
    Case("portal:report-amend", ("report",), methods=POST),
    *(Case(f"portal:report-{page}", ("drafted_report",), methods=GET) for page in ("draft", "preview")),
    Case("portal:report-block", ("drafted_report", "next"), methods=POST),
    *(Case(f"portal:report-{act}", ("drafted_report",), methods=POST) for act in ("redraft", "publish", "discard")),
    Case("portal:report-call", ("report_call",), methods=POST),
    Case("core:health", access=OPEN, methods=GET),
    Case("core:accent", access=OPEN, methods=GET),
    Case("core:logo", access=OPEN, methods=GET),
    Case("core:file", ("published_file",), access=OWN, methods=GET),
    Case("core:file", ("staff_file",), methods=GET),
    Case("core:account", access=PERSON),
    Case("core:second-factor", methods=GET),
    Case("core:settings", access=OPEN, shown=(302,)),
    Case("core:practice"),
    Case("core:logo-change", methods=POST),
    Case("core:logo-remove", methods=POST),
    Case("core:exports", methods=GET),
    Case("core:export-new", methods=POST),
    Case("core:people", methods=GET),
    Case("core:consultant-add"),
    Case("core:client-invite"),
    Case("core:person-deactivate", ("ben",), methods=POST),
    Case("core:person-reactivate", ("ben",), methods=POST),
    Case("core:membership-end", ("ben",), methods=POST),
    Case("core:styleguide", access=HIDDEN),
    *(Case(f"outreach:{name}", methods=GET) for name in ("today", "contacts", "alike", "contacts-export")),
    *(Case(f"outreach:{name}", methods=GET) for name in ("leads", "board")),
    *(Case(f"outreach:{name}") for name in ("quick-add", "import", "lead-new")),
    Case("outreach:follow-up", ("follow_up",), methods=GET),
    *(Case(f"outreach:follow-up-{act}", ("follow_up",), methods=POST) for act in ("done", "snooze", "drop")),
    Case("outreach:contact", ("contact",), methods=GET),
    Case("outreach:contact-edit", ("contact",)),
    *(Case(f"outreach:contact-{act}", ("contact",), methods=POST) for act in ("delete", "met", "touch", "step")),
    *(Case(f"outreach:contact-{act}", ("contact",), methods=POST) for act in ("tag", "untag")),
    Case("outreach:occasions", methods=GET),
    Case("outreach:occasion-new"),
    Case("outreach:occasion", ("occasion",), methods=GET),
    Case("outreach:occasion-edit", ("occasion",)),
    Case("outreach:occasion-delete", ("occasion",), methods=POST),
    Case("outreach:import-batch", ("batch",), methods=GET),
    *(Case(f"outreach:import-{act}", ("batch",), methods=POST) for act in ("run", "undo", "discard")),
    Case("outreach:lead", ("lead",), methods=GET),
    Case("outreach:lead-edit", ("lead",)),
    *(
        Case(f"outreach:lead-{act}", ("lead",), methods=POST)
        for act in ("move", "lose", "rest", "reopen", "client", "touch", "step")
    ),
    *(Case(f"engagements:{name}", methods=GET) for name in ("proposals", "terms")),
    *(Case(f"engagements:{name}") for name in ("proposal-new", "terms-new")),
    Case("engagements:terms-one", ("terms",), methods=GET),
    Case("engagements:revision", ("draft_revision",), methods=GET),
    Case("engagements:revision", ("sent_revision",), methods=GET),
    *(
        Case(f"engagements:revision-{act}", ("draft_revision",), methods=POST)
        for act in ("words", "quote", "discard", "draw", "revise", "withdraw")
    ),
    *(
        Case(f"engagements:revision-{page}", (thing,), methods=GET)
        for page in ("preview", "document")
        for thing in ("draft_revision", "sent_revision")
    ),
    Case("engagements:revision-pdf", ("draft_revision",), methods=GET),
    Case("engagements:revision-state", ("sent_revision",), methods=GET, shown=(200, 204)),
    Case("engagements:revision-send", ("draft_revision",)),
    Case("engagements:line-new", ("draft_revision",)),
    Case("engagements:line-edit", ("draft_revision", "line_key")),
    Case("engagements:line-move", ("draft_revision", "line_key"), methods=POST),
    Case("engagements:line-remove", ("draft_revision", "line_key"), methods=POST),
    Case("engagements:link-new", ("sent_revision",), methods=POST),
    Case("engagements:link-revoke", ("sent_revision", "link_number"), methods=POST),
    # Money
    Case("billing:invoices", methods=GET),
    Case("billing:client-invoices", ("organisation",), access=MONEY, methods=GET),
    Case("billing:client-payments", ("organisation",)),
    Case("billing:invoice", ("issued_invoice",), access=MONEY, methods=GET),
    Case("billing:invoice-pdf", ("issued_invoice",), access=MONEY, methods=GET),
    Case("billing:invoice", ("invoice",), methods=GET),  # a draft
    Case("billing:invoice-draft-pdf", ("issued_invoice",), methods=GET, shown=(302,)),
    Case("billing:invoice-edit", ("invoice",)),
    Case("billing:invoice-credit-note", ("issued_invoice",)),
    *(
        Case(f"billing:invoice-{act}", ("invoice",), methods=POST)
        for act in ("issue", "mail", "discard", "restore", "write-off", "use-credit")
    ),
    Case("billing:payment-new", ("invoice",), methods=POST),
    *(Case(f"billing:payment-{act}", ("payment",), methods=POST) for act in ("clear", "fail", "reverse", "refund")),
    # Late money
    Case("billing:reminders", methods=GET),
    Case("billing:reminders-send-all", methods=POST),
    Case("billing:reminder", ("reminder",)),
    *(Case(f"billing:reminder-{act}", ("reminder",), methods=POST) for act in ("send", "drop", "called")),
    *(Case(f"billing:{act}-new", ("late_invoice",), access=MONEY) for act in ("promise", "dispute")),
    Case("billing:invoice", ("late_invoice",), access=MONEY, methods=GET),
    Case("billing:dispute-resolve", ("dispute",)),
    Case("billing:reminder-policy"),
    Case("billing:reminder-preview", methods=POST),
    Case("billing:project-money", ("engagement",), methods=GET),
    Case("billing:draft-new", ("engagement",), methods=POST, shown=(404,)),
    Case("billing:by-hand", ("engagement",)),
    Case("billing:particulars", ("organisation",)),
    Case("billing:settings"),
    Case("billing:ageing", methods=GET),
    Case("billing:ageing-csv", methods=GET),
    Case("billing:statement", ("organisation",), access=MONEY, methods=GET),
    Case("billing:statement-pdf", ("organisation",), access=MONEY, methods=GET),
    Case("billing:statement-csv", ("organisation",), access=MONEY, methods=GET),
    Case("billing:books", methods=GET),
    Case("billing:books-invoices", methods=GET),
    Case("billing:books-payments", methods=GET),
    Case("billing:tax-new", methods=POST),
    Case("billing:tax-retire", ("tax",), methods=POST),
    # A proposal as its client sees it
    Case("engagements:offer", ("link_token",), access=LINK, methods=GET),
    Case("engagements:offer-pdf", ("link_token",), access=LINK, methods=GET),
    Case("engagements:offer-opened", ("link_token",), access=LINK, methods=POST),
    Case("engagements:client-proposals", ("organisation",), access=MONEY, methods=GET),
    Case("engagements:client-proposal", ("sent_revision",), access=MONEY, methods=GET),
    Case("engagements:client-proposal", ("signed_revision",), access=MONEY, methods=GET),
    Case("engagements:terms-read", ("sent_revision",), access=MONEY, methods=GET),
    *(Case(f"engagements:{act}", ("sent_revision",), access=MONEY, methods=POST) for act in ("opened", "open-terms")),
    *(Case(f"engagements:{act}", ("sent_revision",), access=MONEY, methods=POST) for act in ("remark", "forward")),
    *(Case(f"engagements:{act}", ("sent_revision",), access=SIGNS, methods=POST) for act in ("decline", "sign")),
    Case("engagements:pick", ("sent_revision",), access=MONEY, methods=POST),
    Case("engagements:client-pdf", ("sent_revision",), access=MONEY, methods=GET),
    Case("engagements:offline", ("sent_revision",)),
    Case("engagements:certificate", ("acceptance",), access=MONEY, methods=GET),
    Case("engagements:rescind", ("acceptance",)),
    Case("engagements:countersign", ("rescission",), access=SIGNS, methods=POST),
    # A running engagement
    Case("engagements:engagements", methods=GET),
    Case("engagements:engagement", ("engagement",), access=OWN, methods=GET),
    *(Case(f"engagements:{page}", ("engagement",), methods=GET) for page in ("project-board", "ledger")),
    *(
        Case(f"engagements:{act}", ("engagement",), methods=POST)
        for act in ("gate", "pause", "resume", "closing", "reopen", "close", "cancel", "decision-new", "risk-new")
    ),
    Case("engagements:visibility", ("engagement",), methods=POST),
    *(Case(f"engagements:{act}", ("engagement",), methods=POST) for act in ("balance", "timer")),
    Case("engagements:wish", ("engagement",), access=ACTS, methods=POST),
    *(Case("engagements:change-new", ("engagement", kind)) for kind in ("trade", "order")),
    Case("engagements:work", ("engagement",)),
    Case("engagements:work-remove", ("work_log",), methods=POST),
    Case("engagements:decide", ("decision",), access=ACTS, methods=POST),
    Case("engagements:risk-close", ("risk",), methods=POST),
    Case("engagements:wish-refuse", ("swap_wish",), methods=POST),
    Case("engagements:item-move", ("item",), methods=POST),
    Case("engagements:hand-over", ("item",)),
    *(Case(f"engagements:item-{act}", ("delivered",), access=ACTS, methods=POST) for act in ("accept", "send-back")),
    Case("engagements:deliverable", ("deliverable",), access=OWN, methods=GET),
    Case("engagements:change", ("offered_trade",), access=MONEY, methods=GET),
    Case("engagements:change", ("drafted_order",), methods=GET),
    Case("engagements:change-edit", ("drafted_order",)),
    Case("engagements:change-pdf", ("offered_trade",), access=MONEY, methods=GET),
    *(
        Case(f"engagements:change-{act}", ("drafted_order",), methods=POST)
        for act in ("offer", "make-order", "withdraw")
    ),
    *(
        Case(f"engagements:change-{act}", ("offered_trade",), access=SIGNS, methods=POST)
        for act in ("approve", "reject")
    ),
    Case("engagements:rates", methods=GET),
    Case("engagements:cost-base-new"),
    Case("engagements:cost-base", ("cost_base",)),
    *(Case(f"engagements:{name}", methods=POST) for name in ("selling-rate", "cost-base-short", "cost-base-reckon")),
    Case("discovery:clients", methods=GET),
    Case("discovery:client-new"),
    Case("discovery:client", ("organisation",), methods=GET),
    Case("discovery:client-audits", ("organisation",), methods=GET),
    Case("discovery:client-rename", ("organisation",)),
    Case("discovery:person-invite", ("organisation",)),
    Case("discovery:person-end", ("organisation", "ben"), methods=POST),
    Case("discovery:start", ("organisation",)),
    Case("discovery:schedule", ("organisation",)),
    Case("discovery:schedule-pause", ("organisation",), methods=POST),
    Case("discovery:schedule-resume", ("organisation",), methods=POST),
    Case("discovery:account-new", ("organisation",)),
    Case("discovery:accounts-list", ("organisation",)),
    Case("discovery:github", ("organisation",)),
    Case("discovery:github-test", ("organisation",), methods=POST),
    Case("discovery:github-remove", ("organisation",), methods=POST),
    Case("discovery:github-repositories", ("organisation",)),
    Case("discovery:role", ("organisation",), methods=GET),
    Case("discovery:repository-new", ("organisation",)),
    Case("discovery:repository-send", ("organisation",)),
    Case("discovery:state-new", ("organisation",)),
    Case("discovery:account", ("account",)),
    Case("discovery:account-policy", ("account",), methods=GET),
    Case("discovery:account-remove", ("account",), methods=POST),
    Case("discovery:repository-remove", ("repository",), methods=POST),
    Case("discovery:state-remove", ("state",), methods=POST),
    Case("discovery:read-policy", ("metadata",), methods=GET),
    Case("discovery:read-policy", ("configuration",), methods=GET),
    Case("discovery:run", ("run",), methods=GET),
    Case("discovery:run", ("going_on",), methods=GET),
    Case("discovery:run-progress", ("run",), methods=GET),
    Case("discovery:run-progress", ("going_on",), methods=GET),
    Case("discovery:run-cancel", ("going_on",), methods=POST),
    *(
        Case("discovery:run-download", ("run", kind), methods=GET)
        for kind in ("json", "csv", "sarif", "ocsf", "kit", "calls")
    ),
    Case("discovery:finding", ("open_finding",), methods=GET),
    Case("discovery:finding", ("published_finding",), methods=GET),
    Case("discovery:finding-false", ("open_finding",), methods=POST),
    Case("discovery:finding-reopen", ("open_finding",), methods=POST),
    Case("discovery:finding-price", ("open_finding",), methods=POST),
    *(Case(f"discovery:finding-{act}", ("published_finding",), methods=POST) for act in ("accept", "reply")),
    Case("discovery:run-price", ("run",), methods=POST),
    Case("discovery:summary-begin", ("run",), methods=POST),
    Case("discovery:summary", ("draft",), methods=GET),
    Case("discovery:summary", ("frozen",), access=OWN, methods=GET),
    Case("discovery:summary-state", ("draft",), methods=GET),
    Case("discovery:summary-preview", ("draft",), methods=GET),
    Case("discovery:summary-document", ("draft",), methods=GET),
    Case("discovery:summary-document", ("frozen",), access=OWN, methods=GET),
    Case("discovery:summary-draft-pdf", ("draft",), methods=GET),
    Case("discovery:summary-freeze", ("draft",)),
    *(
        Case(f"discovery:triage-{part}", ("draft",), methods=POST)
        for part in ("verdict", "page-one", "actions", "redraft")
    ),
    Case("discovery:triage-add", ("draft",)),
    Case("discovery:triage-row", ("draft", "entry"), methods=GET, shown=(302,)),
    Case("discovery:triage-reword", ("draft", "entry")),
    Case("discovery:triage-false", ("draft", "entry")),
    *(
        Case(f"discovery:triage-{part}", ("draft", "entry"), methods=POST)
        for part in ("decide", "move", "withdraw", "remove")
    ),
]


@dataclass
class World:
    """What the addresses are made of. Everything but the people of staff is ben's."""

    things: dict[str, object] = field(default_factory=dict)

    def __getattr__(self, name: str):
        try:
            return self.__dict__["things"][name]
        except KeyError as missing:
            raise AttributeError(name) from missing

    def address(self, arg: str) -> object:
        """What stands in a URL for a thing; a word that names none stands for itself."""
        thing = self.things.get(arg, arg)
        return getattr(thing, "public_id", thing)

    def secrets_of_ben(self) -> list[str]:
        """What no other client may read: his words, and the address of everything of his."""
        his = [thing for name, thing in self.things.items() if name not in {"ada", "cleo"}]
        return [*BENS_WORDS, *(thing.public_id for thing in his if hasattr(thing, "public_id"))]


def make_world() -> World:
    practice = make_practice()
    ada = make_consultant("ada")
    world = World({"ada": ada})
    organisation = make_organisation("Tern and Tide")
    for name, role in (("ben", "OWNER"), ("payer", "PAYER"), ("reader", "READER")):
        world.things[name] = make_client(name, organisation=organisation, role=Membership.Role[role])
    world.things["cleo"] = make_client("cleo")
    world.things["cost_base"] = make_cost_base(ada)
    logo = make_stored_file(make_image(), name="logo.png", content_type="image/png")
    Practice.objects.filter(pk=practice.pk).update(logo=logo)
    _ways_in(world, ada)
    _targets(world, organisation)
    _results(world, organisation, ada)
    _courted(world, organisation, ada)
    _proposed(world, organisation)
    _running(world, organisation)
    _reported(world)
    return world


def _ways_in(world: World, ada: User) -> None:
    passkey = Authenticator.objects.create(
        user=ada, type=Authenticator.Type.WEBAUTHN, data={"name": "Blue key", "credential": a_registered_key()}
    )
    world.things |= {
        "adas_number": user_pk_to_url_str(ada),
        "adas_key": default_token_generator.make_token(ada),
        "adas_passkey": passkey.pk,
    }


def a_registered_key() -> dict:
    """What a browser sends when a security key is added."""
    number = os.urandom(16)
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    attested = AttestedCredentialData.create(Aaguid.NONE, number, public)
    told = AuthenticatorData.create(os.urandom(32), AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT, 0, attested)
    client = CollectedClientData.create("webauthn.create", os.urandom(16), "http://localhost")
    return {
        "id": websafe_encode(number),
        "rawId": websafe_encode(number),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", told, {})),
        },
    }


def _targets(world: World, organisation) -> None:
    unit = Unit("tfstate.resources", Place(partition=""), Ending.OK)
    world.things |= {
        "organisation": organisation,
        "account": make_aws_account(organisation, name="bens-account", profile="harbour"),
        "repository": make_repository(organisation, name="bens-shop"),
        "github_access": make_github_access(organisation, owner="bens-owner"),
        "state": StateFile.objects.create(organisation=organisation, name="bens-state", unit=unit.as_json()),
    }


def _results(world: World, organisation, ada: User) -> None:
    earlier = make_audited_run(organisation, s3_public=2)
    told = summaries.draft_summary(run=earlier, actor=ada)
    run = make_audited_run(organisation)
    going_on = make_run(organisation, status=Run.Status.RUNNING)
    make_shard(going_on, aws_account=world.account, planned=["ec2.describe_vpcs", "s3.list_buckets"])
    frozen = frozen_without_drawing(told, ada)
    draft = summaries.draft_summary(run=run, actor=ada)
    published = earlier.occurrences.first().finding
    Finding.objects.filter(pk=published.pk).update(status=Finding.Status.PUBLISHED, published_at=clock.now())
    world.things |= {
        "run": run,
        "going_on": going_on,
        "draft": draft,
        "entry": draft.entries.first(),
        "frozen": frozen,
        "published_file": frozen.pdf,
        "staff_file": make_stored_file(b"bens-evidence", organisation=organisation),
        "published_finding": published,
        "schedule": make_schedule(organisation, people=[ada]),
        "open_finding": run.occurrences.first().finding,
    }


def _courted(world: World, organisation, ada: User) -> None:
    """What staff note about ben's people: his organisation's, but for staff's eyes only."""
    contact = make_contact(ada, "bens-contact", company=organisation.name, emails=["contact@bens.example"])
    lead = make_lead(ada, contact=contact, title="bens-lead")
    world.things |= {
        "occasion": make_encounter(ada, contact, occasion="bens-evening").occasion,
        "contact": contact,
        "lead": lead,
        "follow_up": lead.follow_ups.get(),
        "batch": check_import(name="bens-people.csv", content=b"Name\nSomebody\n", actor=ada),
    }


def _proposed(world: World, organisation) -> None:
    draft = make_draft(organisation=organisation, title="bens-draft")
    sent = make_draft(organisation=organisation, title="bens-proposal")
    make_line(sent, "bens-line")
    sent = make_sent_revision(draft=sent)
    world.things |= {
        "draft_revision": draft,
        "sent_revision": sent,
        "line_key": make_line(draft).key,
        "terms": draft.terms,
    }
    link = make_proposal_link(sent)
    sent.pdf = make_stored_file(b"bens-evidence", name="proposal.pdf", organisation=organisation)
    sent.save(update_fields=["pdf"])
    world.things |= {"link_number": link.pk, "link_token": link.token}


def _running(world: World, organisation) -> None:
    """An engagement of ben's with one of each thing in it."""
    ada, ben = world.ada, world.ben
    project = make_engagement(ben, owner=ada, organisation=organisation, title="bens-project")
    acceptance = project.acceptance
    acceptance.certificate = make_stored_file(b"bens-evidence", name="certificate.pdf", organisation=organisation)
    acceptance.save(update_fields=["certificate"])
    first, second, third, fourth = project.items.all()
    items.start_item(item=first, actor=ada)
    paper = make_stored_file(b"bens-evidence", name="runbook.txt", organisation=organisation)
    handover = items.Handover(title="bens-item", file=paper)
    deliverable = items.hand_over(item=second, handover=handover, actor=ada)
    risk = decisions.RiskWords(title="bens-risk", likelihood=2, impact=2, watched_by="Ada")
    invoice = draft_deposit(acceptance=acceptance, engagement=project, actor=ada)
    assert invoice is not None
    _late(world, project)
    on_its_way = Received(invoice.total, dates.today(), note="bens-payment")
    world.things |= {
        "invoice": invoice,
        "issued_invoice": issue(by_hand(project, ada, 500, title="bens-invoice"), ada),
        "tax": make_tax(ada),
        "payment": record_payment(invoice=invoice, received=on_its_way, actor=ada),
        "signed_revision": acceptance.revision,
        "acceptance": acceptance,
        "rescission": propose_rescission(acceptance=acceptance, reason="bens-error", actor=ada),
        "engagement": project,
        "item": first,
        "delivered": second,
        "deliverable": deliverable,
        "offered_trade": make_trade(project, actor=ada, out=[third], incoming=[work("bens-swap", 2000)]),
        "drafted_order": make_order(project, actor=ada, out=[fourth], offered=False, title="bens-order"),
        "swap_wish": changes.wish_swap(engagement=project, body="bens-swap", actor=ben),
        "decision": decisions.ask_for_decision(
            engagement=project,
            question="bens-question",
            wanted_by=dates.today(),
            waiting_costs="",
            is_clients=True,
            actor=ada,
        ),
        "risk": decisions.note_risk(engagement=project, words=risk, actor=ada),
        "work_log": log_work(engagement=project, minutes=90, on=dates.today(), note="bens-work", item=first, actor=ada),
    }


def _reported(world: World) -> None:
    """A published report of ben's project, the draft of the next, and a call about the first."""
    report = with_pdfs(make_report(world.engagement, actor=world.ada, status="bens-progress"))
    ProgressReport.objects.update(starts_on=day(-14), ends_on=day(-8))
    world.things |= {
        "report": report,
        "report_call": ReportCall.objects.create(report=report.report),
        "drafted_report": make_draft_report(world.engagement, actor=world.ada),
    }


def _late(world: World, project) -> None:
    """An invoice that is late: a reminder that waits, a promise that was not kept, and one that is disputed."""
    late = make_owed(world.ben, world.ada, due=-9, engagement=project, title="bens-late-invoice")
    disputed = make_owed(world.ben, world.ada, due=20, engagement=project, title="bens-disputed")
    world.things |= {
        "late_invoice": late,
        "reminder": climb(late),
        "promise": promise_payment(invoice=late, pays_on=dates.today(), note="bens-promise", actor=world.ben),
        "dispute": open_dispute(invoice=disputed, reason="bens-reason", actor=world.ben),
    }


def frozen_without_drawing(summary: Summary, ada: User) -> Summary:
    """As freezing leaves it, but for the PDF: drawing one takes seconds, and what it looks like is tested elsewhere."""
    summaries.edit_words(summary=summary, verdict="BENS-OWN-VERDICT is the verdict.", actor=ada)
    summary.refresh_from_db()
    files = []
    for name in ("summary.pdf", "bens-evidence.csv"):
        stored = make_stored_file(b"bens-evidence", name=name, organisation=summary.organisation)
        StoredFile.objects.filter(pk=stored.pk).update(audience=StoredFile.Audience.CLIENT)
        files.append(stored)
    summary.snapshot = summary_content(summary).as_snapshot()
    summary.snapshot_sha256 = "0" * 64
    summary.status, summary.frozen_by, summary.frozen_at = Summary.Status.FROZEN, ada, clock.now()
    summary.pdf, summary.evidence_csv = files
    summary.save()
    return summary


def client_of(world: World, person: str, **options) -> Client:
    """The browser of one of PEOPLE."""
    if person == "anonymous":
        return Client(raise_request_exception=False, **options)
    return client_of_person(getattr(world, person), **options)


def client_of_person(person: User, **options) -> Client:
    """A browser in which somebody signed in a moment ago."""
    client = Client(raise_request_exception=False, **options)
    client.force_login(person)
    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(person)
    session.save()
    return client


def routes(patterns=None, prefix: str = "") -> Iterator[str]:
    """The name of every route that the project answers, namespace first; one without a name by its pattern."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            inner = f"{prefix}{one.namespace}:" if one.namespace else prefix
            yield from routes(one.url_patterns, inner)
        elif isinstance(one, URLPattern):
            yield f"{prefix}{one.name}" if one.name else f"unnamed: {one.pattern}"


# What a GET may leave behind: sessions and what the cache keeps.
MAY_CHANGE = {"django_session", "cache_entries"}


def rows_of_every_table() -> dict[str, list[str]]:
    """Every row of every table but those, as text, in an order of their own."""
    tables = [name for name in connection.introspection.table_names() if name not in MAY_CHANGE]
    told = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            told[table] = sorted(map(repr, cursor.fetchall()))
    return told
