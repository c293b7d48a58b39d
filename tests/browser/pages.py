"""Every page that a person sees. A new page is added here, and is then looked at by day, by night and narrow."""

from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from django.urls import reverse

from core.models import Organisation, PracticeExport, User
from core.money import Money
from discovery.models import AwsAccount, Finding, GitHubAccess, Run, Schedule, ScheduledRun, Summary, WatchMail
from discovery.services import freezing, summaries
from engagements.models import CostBase, ProposalOpening, ProposalRevision, Terms
from engagements.services.proposals import revise
from engagements.services.terms import standard_terms
from outreach.models import Contact, FollowUp, ImportBatch, Lead, Occasion
from outreach.services import imports
from tests.browser.promised import Promised
from tests.discovery_factories import (
    make_audited_run,
    make_aws_account,
    make_github_access,
    make_repository,
    make_run,
    make_schedule,
    make_shard,
)
from tests.engagement_factories import (
    make_alternative,
    make_line,
    make_option,
    make_proposal_link,
    make_sent_revision,
)
from tests.factories import make_client, make_consultant, make_practice, make_stored_file, organisation_of
from tests.money_factories import make_cost_base, make_selling_rate
from tests.outreach_factories import make_contact, make_encounter, make_follow_up, make_lead, make_touch
from tests.repository_factories import told_of_repositories
from tests.summary_factories import make_run_of_accounts


@dataclass
class World:
    """What the pages are made of."""

    ada: User
    ben: User
    organisation: Organisation
    account: AwsAccount
    run: Run
    going_on: Run
    finding: Finding
    draft: Summary
    contact: Contact
    lead: Lead
    follow_up: FollowUp
    batch: ImportBatch
    cost_base: CostBase
    drafted: ProposalRevision
    sent: ProposalRevision
    terms: Terms

    @property
    def occasion(self) -> Occasion:
        return Occasion.objects.earliest("pk")

    @cached_property
    def promised(self) -> Promised:
        return Promised(self.ada, self.ben)

    @cached_property
    def reader(self) -> User:
        """A colleague of ben's who sees no money."""
        return make_client("rita", organisation=self.organisation, role="reader")

    @cached_property
    def github_access(self) -> GitHubAccess:
        return make_github_access(self.organisation, added_by=self.ada)

    @cached_property
    def watched(self) -> Schedule:
        """By some checks, with a day that went well, one that was skipped, and a mail that did not leave."""
        schedule = make_schedule(self.organisation, people=[self.ada], only_checks=["sg_ssh_open", "s3_public"])
        ran = ScheduledRun.objects.create(
            schedule=schedule, on="2026-05-01", run=self.run, news=3, told_at=self.run.created_at
        )
        ScheduledRun.objects.create(schedule=schedule, on="2026-05-02", skipped=ScheduledRun.Skip.UNDER_WAY)
        WatchMail.objects.create(scheduled=ran, address=self.ada.email, subject="3 new", body="", has_failed=True)
        return schedule

    @cached_property
    def of_accounts(self) -> Run:
        """A run over three accounts, of which one would not let us in."""
        run = make_run_of_accounts(self.organisation, shop={"sg_ssh_open": 3}, office={"resource_untagged": 2})
        refusal = "The role arn:aws:iam::999999999999:role/infra-audit would not let us in: check its trust policy."
        make_shard(run, kind="account", region="", status="failed", failure=refusal)
        return run

    @property
    def frozen(self) -> Summary:
        """Made when a page asks for it: a PDF takes its time."""
        run = make_audited_run(self.organisation, s3_public=2)
        summary = summaries.draft_summary(run=run, actor=self.ada)
        summaries.freeze_summary(summary=summary, actor=self.ada)
        freezing.finish_freezing(summary_id=summary.pk)
        return summary

    @property
    def freezing(self) -> Summary:
        Summary.objects.filter(pk=self.draft.pk).update(status=Summary.Status.FREEZING)
        return self.draft


def make_world() -> World:
    make_practice()
    ada, ben = make_consultant("ada"), make_client("ben")
    organisation = organisation_of(ben)
    account = make_aws_account(organisation, profile="harbour")
    make_repository(organisation)
    run = make_audited_run(organisation)
    run.result |= told_of_repositories()
    run.save()
    draft = summaries.draft_summary(run=run, actor=ada)
    going_on = make_run(organisation, status=Run.Status.RUNNING)
    make_shard(going_on, aws_account=account, planned=["ec2.describe_vpcs", "s3.list_buckets"])
    finding = Finding.objects.filter(organisation=organisation).earliest("pk")
    found = (organisation, account, run, going_on, finding, draft)
    exported(ada)
    return World(ada, ben, *found, *courted(ada), priced(ada), *proposed(ben))


def exported(ada: User) -> None:
    """One export that failed, one to download."""
    PracticeExport.objects.create(asked_by=ada, status="failed", failure="There is no room on the disk for it.")
    stored = make_stored_file(b"PK", name="practice-2026-11-23.zip", content_type="application/zip")
    told = {"tables": 45, "rows": 120_400, "files": 310}
    PracticeExport.objects.create(asked_by=ada, status="ready", file=stored, told=told)


def proposed(ben: User) -> tuple[ProposalRevision, ProposalRevision, Terms]:
    """One that was sent and opened, and the draft that revises another, with everything that a draft can hold."""
    sent = make_sent_revision(client_of=ben)
    ProposalOpening.objects.create(revision=sent, link=make_proposal_link(sent))
    former = make_sent_revision(client_of=ben, price="900")
    drafted = revise(revision=former, actor=former.proposal.owner)
    make_line(drafted, "A runbook", "2100", low_hours=8, likely_hours=12, high_hours=30, outcome="Others can do it.")
    make_alternative(drafted, "Essential", "4000")
    make_alternative(drafted, "With dashboards", "6500", is_recommended=True, recommendation="Two new people.")
    make_option(drafted)
    return drafted, sent, standard_terms(kind=drafted.kind, actor=former.proposal.owner)


def courted(ada: User) -> tuple[Contact, Lead, FollowUp, ImportBatch]:
    """Two leads, one of them overdue, with all that their pages show."""
    contact = make_contact(ada, company="Larkfield Health", emails=["mara@lark.example"], tags=["aws"], notes="*Kind*")
    make_encounter(ada, contact, on=-9, said="Nobody has restored a backup", card_received=True)
    lead = make_lead(ada, contact=contact, title="Backups", channel="platform", size="small")
    make_touch(ada, lead=lead, on=-8)
    follow_up = make_follow_up(ada, due=-2, company="Copperline Studio")
    batch = imports.check_import(name="people.csv", content=b"Name,E-mail\nOda,oda@tern.example\nBad,no\n", actor=ada)
    return contact, lead, follow_up, batch


def priced(ada: User) -> CostBase:
    """Two rates, and two cost bases of which one counts."""
    make_cost_base(ada, {"pay": 90_000}, days=-200)
    make_selling_rate(ada, 140, days=-200)
    make_selling_rate(ada, 145)
    return make_cost_base(ada, others=(("Coworking", Money("1200.50", "USD")),))


@dataclass(frozen=True)
class Page:
    """The page of the route `route`, of `thing` in a world (its parts joined by dots); `who` signs in first, nobody
    where it is empty.
    """

    route: str
    thing: str = ""
    who: str = "ada"
    rank: int = 0  # of the summary's entry that it is about
    kind: str = ""  # what the address ends in
    status: int = 200
    beside: str = ""  # a thing that the page lists, though its address does not name it

    def __str__(self) -> str:
        who = f"by-{self.who}" if self.who in {"ben", "reader"} else ""
        return "-".join(filter(None, (self.route, self.thing, self.beside, self.kind, who)))

    def path(self, world: World) -> str:
        if self.beside:
            attrgetter(self.beside)(world)
        thing = attrgetter(self.thing)(world) if self.thing else None
        ids = [getattr(thing, "token", None) or thing.public_id] if thing else []
        if thing and self.rank:
            ids.append(thing.entries.get(rank=self.rank).public_id)
        if self.kind:
            ids.append(self.kind)
        return reverse(self.route, args=ids)


PAGES = [
    Page("account_login", who=""),
    Page("account_request_login_code", who=""),
    Page("account_reset_password", who=""),
    Page("core:account"),
    Page("core:account", who="ben"),
    Page("core:practice"),
    Page("core:people"),
    Page("core:exports"),
    Page("core:consultant-add"),
    Page("core:client-invite"),
    Page("core:styleguide"),
    Page("portal:home"),
    Page("portal:home", who="ben"),
    Page("portal:organisation", "organisation", who="ben"),
    Page("portal:home", beside="promised.everything", who="ben"),
    Page("portal:home", beside="promised.everything", who="reader"),
    Page("portal:reports", "promised.active"),
    Page("portal:reports", "promised.quiet"),
    Page("portal:reports", "promised.active", who="ben"),
    Page("portal:report-draft", "promised.drafted_report"),
    Page("portal:report-preview", "promised.drafted_report"),
    Page("portal:report", "promised.report"),
    Page("portal:report", "promised.report", who="ben"),
    Page("portal:report", "promised.amended_report", who="ben"),
    Page("outreach:today"),
    Page("outreach:contacts"),
    Page("outreach:quick-add"),
    Page("outreach:contact", "contact"),
    Page("outreach:contact-edit", "contact"),
    Page("outreach:occasions"),
    Page("outreach:occasion-new"),
    Page("outreach:occasion", "occasion"),
    Page("outreach:occasion-edit", "occasion"),
    Page("outreach:import"),
    Page("outreach:import-batch", "batch"),
    Page("outreach:leads"),
    Page("outreach:board"),
    Page("outreach:lead", "lead"),
    Page("outreach:lead-edit", "lead"),
    Page("outreach:lead-new"),
    Page("outreach:follow-up", "follow_up"),
    Page("engagements:proposals"),
    Page("engagements:proposal-new"),
    Page("engagements:revision", "drafted"),
    Page("engagements:revision-send", "drafted"),
    Page("engagements:revision-preview", "drafted"),
    Page("engagements:line-new", "drafted"),
    Page("engagements:revision", "sent"),
    Page("engagements:terms"),
    Page("engagements:terms-new"),
    Page("engagements:terms-one", "terms"),
    Page("engagements:client-proposals", "organisation", who="ben"),
    Page("engagements:client-proposal", "promised.offered", who="ben"),
    Page("engagements:client-proposal", "promised.unread", who="ben"),
    Page("engagements:client-proposal", "promised.expired", who="ben"),
    Page("engagements:client-proposal", "promised.signed", who="ben"),
    Page("engagements:client-proposal", "promised.undone", who="ben"),
    Page("engagements:client-proposal", "promised.offered"),
    Page("engagements:terms-read", "promised.unread", who="ben"),
    Page("engagements:offer", "promised.link", who=""),
    Page("engagements:offer", "promised.dead_link", who="", status=410),
    Page("engagements:offline", "promised.offered"),
    Page("engagements:rescind", "promised.acceptance"),
    Page("engagements:engagements"),
    Page("engagements:engagement", "promised.active"),
    Page("engagements:engagement", "promised.waiting"),
    Page("engagements:engagement", "promised.paused"),
    Page("engagements:engagement", "promised.closing"),
    Page("engagements:engagement", "promised.active", who="ben"),
    Page("engagements:engagement", "promised.waiting", who="ben"),
    Page("engagements:engagement", "promised.closing", who="ben"),
    Page("engagements:project-board", "promised.active"),
    Page("engagements:ledger", "promised.active"),
    Page("engagements:work", "promised.active"),
    Page("engagements:hand-over", "promised.item"),
    Page("engagements:change-new", "promised.active", kind="trade"),
    Page("engagements:change-edit", "promised.uneven"),
    Page("engagements:change", "promised.uneven"),
    Page("engagements:change", "promised.trade", who="ben"),
    Page("engagements:change", "promised.order", who="ben"),
    Page("engagements:change", "promised.approved", who="ben"),
    Page("billing:invoice", "promised.invoice"),
    Page("billing:invoice-edit", "promised.invoice"),
    Page("billing:invoice", "promised.final"),
    Page("billing:invoice", "promised.billed"),
    Page("billing:invoice", "promised.billed", who="ben"),
    Page("billing:client-invoices", "organisation", who="ben"),
    Page("billing:client-payments", "organisation"),
    Page("billing:invoice-credit-note", "promised.billed"),
    Page("billing:project-money", "promised.closing"),
    Page("billing:by-hand", "promised.closing"),
    Page("billing:settings"),
    Page("billing:ageing"),
    Page("billing:statement", "organisation"),
    Page("billing:statement", "organisation", who="ben"),
    Page("billing:books"),
    Page("billing:particulars", "organisation"),
    Page("billing:invoices"),
    Page("portal:findings", "organisation", who="ben"),
    Page("portal:findings", "organisation", who="ben", beside="promised.answered"),
    Page("discovery:finding", "promised.answered"),
    Page("portal:people", "organisation", who="ben"),
    Page("portal:people", "organisation"),
    Page("billing:reminders"),
    Page("billing:reminders", beside="promised.late"),
    Page("billing:reminder", "promised.reminder"),
    Page("billing:promise-new", "promised.late", who="ben"),
    Page("billing:dispute-new", "promised.late", who="ben"),
    Page("billing:dispute-resolve", "promised.dispute"),
    Page("billing:invoice", "promised.late", who="ben"),
    Page("billing:invoice", "promised.settled", who="ben"),
    Page("billing:invoice", "promised.settled"),
    Page("billing:reminder-policy"),
    Page("engagements:rates"),
    Page("engagements:cost-base-new"),
    Page("engagements:cost-base", "cost_base"),
    Page("discovery:clients"),
    Page("discovery:client-new"),
    Page("discovery:client", "organisation"),
    Page("discovery:client-audits", "organisation"),
    Page("discovery:schedule", "organisation"),
    Page("discovery:client", "organisation", beside="watched"),
    Page("discovery:schedule", "organisation", beside="watched"),
    Page("discovery:start", "organisation"),
    Page("discovery:client-rename", "organisation"),
    Page("discovery:person-invite", "organisation"),
    Page("discovery:account-new", "organisation"),
    Page("discovery:accounts-list", "organisation"),
    Page("discovery:github", "organisation"),
    Page("discovery:github", "organisation", beside="github_access"),
    Page("discovery:github-repositories", "organisation", beside="github_access"),
    Page("discovery:role", "organisation"),
    Page("discovery:repository-new", "organisation"),
    Page("discovery:repository-send", "organisation"),
    Page("discovery:state-new", "organisation"),
    Page("discovery:account", "account"),
    Page("discovery:run", "run"),
    Page("discovery:run", "going_on"),
    Page("discovery:run", "of_accounts"),
    Page("discovery:finding", "finding"),
    Page("discovery:summary", "draft"),
    Page("discovery:triage-reword", "draft", rank=1),
    Page("discovery:triage-false", "draft", rank=2),
    Page("discovery:triage-add", "draft"),
    Page("discovery:summary-preview", "draft"),
    Page("discovery:summary-freeze", "draft"),
    Page("discovery:summary", "freezing"),
    Page("discovery:summary", "frozen"),
    Page("discovery:summary", "frozen", who="ben"),
]
