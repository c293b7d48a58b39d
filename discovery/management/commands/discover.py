"""The main job without the web: audit a client's account and repositories, and write the documents asked for."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser

from core.errors import DomainError
from core.models import Organisation, Practice
from discovery import exports
from discovery.models import AwsAccount, Repository, Run
from discovery.progress import show_progress, show_result
from discovery.services import executing, listed, pace, starting, targets
from infra_audit.accounts import Listing, account_in, listing_through
from infra_audit.aws import AwsTarget, open_account
from infra_audit.cli_aws import add_many, listed_in, refuse_mixture
from infra_audit.cli_github import add_github, listed_by, way_in_of
from infra_audit.cli_options import add_pace, throttle_of
from infra_audit.cli_report import add_imported
from infra_audit.collectors.aws.throttle import Throttle
from infra_audit.errors import BadArgumentError, NothingAssessableError
from infra_audit.github.way_in import GitHubWayIn
from infra_audit.importing.files import read_findings
from infra_audit.inventory import Unit
from infra_audit.snapshots import Snapshot, read_snapshots
from infra_audit.state_objects import StateObject, is_object, parse_objects

AWS_OPTIONS = ("profile", "role_arn", "endpoint_url", "regions", "roles", "organization")
NOTHING_ASSESSED = 3


class Command(BaseCommand):
    help = "Audit a client's AWS accounts and repositories, store the run, and write the documents asked for."
    requires_system_checks = (Tags.models,)  # those of pages would load every page, a tenth of an audit's memory

    def create_parser(self, *names: str, **settings: Any) -> CommandParser:
        """Options are written whole: `--import` takes another tool's findings, and shortens no `--imports-tf`."""
        return super().create_parser(*names, **settings, allow_abbrev=False)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.error = self.refuse  # type: ignore[method-assign]  # one line, not the whole usage
        parser.add_argument("--client", required=True, metavar="NAME", help="made if there is none of that name")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--profile", help="a profile of this machine's AWS configuration")
        way.add_argument("--role-arn", help="a role of the client's to assume")
        parser.add_argument("--external-id", help="what a role of the client's asks for to let us in")
        add_many(parser)
        parser.add_argument("--endpoint-url", help="another address than AWS's, for an emulator")
        parser.add_argument("--regions", help="r1,r2 or all (default: every enabled region)")
        parser.add_argument("--metadata-only", action="store_true", help="read no configuration that may hold secrets")
        parser.add_argument(
            "--paid-calls", action="store_true", help="the client agreed to what AWS charges for: a cent"
        )
        add_pace(parser, pace.limits())
        parser.add_argument("--repo", action="append", default=[], metavar="PATH_OR_URL", help="may be repeated")
        add_github(parser)
        parser.add_argument(
            "--tfstate",
            action="append",
            default=[],
            metavar="STATE",
            help="a file, a folder of them, or s3://bucket/key with --agreed-by; may be repeated",
        )
        parser.add_argument(
            "--agreed-by", default="", metavar="NAME", help="who of the client agreed, for s3:// states"
        )
        parser.add_argument(
            "--snapshot",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="what the client read alone, instead of a way in; one an account",
        )
        add_imported(parser)
        parser.add_argument("--now", metavar="ISO", help="the moment that ages are counted to")
        for kind in exports.WRITERS:
            parser.add_argument(option_of(kind), dest=kind, type=Path, metavar="FILE")
        parser.add_argument(
            "--each",
            type=Path,
            metavar="FOLDER",
            help="also write one JSON and one PDF for each account alone: FOLDER/NUMBER.json",
        )
        parser.add_argument("--quiet", action="store_true", help="print nothing but errors")

    def refuse(self, message: str) -> NoReturn:
        """Bad arguments: one line that names the mend; of a list, one for each bad line."""
        for line in message.splitlines():
            self.stderr.write(f"discover: {line}")
        sys.exit(2)

    def give_up(self, why: str) -> NoReturn:
        self.stderr.write(f"discover: nothing could be assessed. {why}")
        sys.exit(NOTHING_ASSESSED)

    def handle(self, **options: Any) -> None:
        as_of = self._moment(options["now"])
        self._refuse_missing_folders(options)
        self._named_states(options)
        snapshots, imported = self._snapshots(options), self._imported(options)
        throttle = throttle_of(options["requests_per_second"], options["requests_in_all"])
        listing = self._listing(options, throttle)
        way_in, locations = self._github(options)
        organisation = self._client(options["client"])
        try:
            run = starting.start_run(
                organisation=organisation,
                accounts=self._accounts(organisation, options, listing),
                repositories=self._repositories(organisation, locations),
                actor=None,
                metadata_only=options["metadata_only"] or _are_metadata(snapshots),
                as_of=as_of,
                in_this_process=True,
                snapshots=snapshots,
                imported=imported,
                left_out=listing.left_out,
                github_way_in=way_in,
            )
        except DomainError as refusal:
            self.refuse(str(refusal))
        drain = partial(executing.drain, throttle=throttle, github_way_in=way_in)
        show_progress(run, drain=drain, quiet=options["quiet"])
        run.refresh_from_db()
        if run.status == Run.Status.FAILED:
            self.give_up(run.failure)
        for kind, write in exports.WRITERS.items():
            if options[kind]:
                self._write(partial(write, run), options[kind])
        if options["each"]:
            self._write_each(run, options["each"])
        if not options["quiet"]:
            show_result(run)

    def _moment(self, text: str | None) -> datetime | None:
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.refuse(f"--now {text} is no ISO date and time: write it like 2026-03-01T09:00:00+00:00.")
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _refuse_missing_folders(self, options: dict[str, Any]) -> None:
        for kind in exports.WRITERS:
            path: Path | None = options[kind]
            if path and not path.parent.is_dir():
                self.refuse(f"{option_of(kind)} {path}: there is no folder {path.parent}. Make it first.")
            if path and path.is_dir():
                self.refuse(f"{option_of(kind)} {path} is a folder: name a file.")
        if each := options["each"]:
            if not each.absolute().parent.is_dir():
                self.refuse(f"--each {each}: there is no folder {each.parent}. Make it first.")
            if each.exists() and not each.is_dir():
                self.refuse(f"--each {each} is no folder: name another one.")
        for path in _files(options["tfstate"]):
            if not path.exists():
                self.refuse(f"--tfstate {path}: there is no such file.")

    def _snapshots(self, options: dict[str, Any]) -> list[Snapshot]:
        given = next((name for name in AWS_OPTIONS if options["snapshot"] and options[name]), None)
        if given:
            self.refuse(f"--snapshot and --{given.replace('_', '-')}: one of you reads it, the client or you.")
        try:
            return read_snapshots(options["snapshot"])
        except BadArgumentError as refusal:
            self.refuse(f"--snapshot {refusal}")

    def _imported(self, options: dict[str, Any]) -> Unit | None:
        try:
            return read_findings(options["imported"], key=Practice.get().fingerprint_key)
        except BadArgumentError as refusal:
            self.refuse(f"--import {refusal}")

    def _client(self, name: str) -> Organisation:
        name = " ".join(name.split())
        if not name or len(name) > 200:
            self.refuse("--client needs a name of 1 to 200 characters.")
        organisation, _made = Organisation.objects.get_or_create(name=name)
        return organisation

    def _listing(self, options: dict[str, Any], throttle: Throttle) -> Listing:
        """The accounts that a list or an organisation names; empty where one way in names the account by itself."""
        self._refuse_bad_way_in(options)
        external_id = options["external_id"] or ""
        try:
            refuse_mixture(Namespace(**options))
            if options["roles"]:
                return listed_in(options["roles"], external_id=external_id, needs_external_id=True)
            if not options["organization"]:
                return Listing(())
            own = open_account(_target(options), key=b"", now=datetime.now(UTC), throttle=throttle)
            return listing_through(own, role_name=options["role_name"], external_id=external_id)
        except BadArgumentError as refusal:
            self.refuse(str(refusal))
        except NothingAssessableError as refusal:
            self.give_up(str(refusal))

    def _github(self, options: dict[str, Any]) -> tuple[GitHubWayIn | None, list[str]]:
        """The way in that the options name, which is kept nowhere, and every repository that they name."""
        try:
            way_in = way_in_of(options)
            listing = listed_by(way_in, options)
        except BadArgumentError as refusal:
            self.refuse(str(refusal))
        except NothingAssessableError as refusal:
            self.give_up(str(refusal))
        for one in listing.passed_over if not options["quiet"] else ():
            self.stdout.write(f"{one.slug} is passed over. {one.message}")
        if options["github_org"] and not listing.repositories and not options["repo"]:
            self.give_up(f"GitHub shows no repository of {options['github_org']} that is to be read.")
        found = [one.location for one in listing.repositories]
        return way_in, list(dict.fromkeys([*found, *options["repo"]]))

    def _refuse_bad_way_in(self, options: dict[str, Any]) -> None:
        many = options["roles"] or options["organization"]
        if options["organization"] and not options["external_id"]:
            self.refuse("--organization needs --external-id: without one a client's role lets nobody in.")
        if not many and bool(options["role_arn"]) != bool(options["external_id"]):
            self.refuse("--role-arn and --external-id go together: give both.")
        if options["role_arn"] and not account_in(options["role_arn"]):
            self.refuse(f"--role-arn {options['role_arn']} is not the ARN of an IAM role.")

    def _accounts(self, organisation: Organisation, options: dict[str, Any], listing: Listing) -> list[AwsAccount]:
        """The accounts that the options name. With repositories alone, no account is audited."""
        if (options["repo"] or options["snapshot"] or options["github_org"]) and not any(
            options[name] for name in AWS_OPTIONS
        ):
            if states := self._named_states(options):
                self.refuse(f"--tfstate {states[0]}: there is no account to read it with; give it as a file.")
            self._read_states(organisation, _files(options["tfstate"]))
            return []
        through = listed.Through(options["profile"] or "", options["endpoint_url"] or "", _regions(options))
        accounts = [
            listed.reach_listed(organisation=organisation, one=one, through=through, actor=None)
            if one.role_arn
            else self._signed_in(organisation, options)
            for one in listing.accounts
        ] or [self._signed_in(organisation, options)]
        for account in accounts:
            self._record_consent(account, options)
        self._read_states(organisation, _files(options["tfstate"]))
        return accounts

    def _signed_in(self, organisation: Organisation, options: dict[str, Any]) -> AwsAccount:
        """The account that the way in itself leads to."""
        name = options["profile"] or options["role_arn"] or "default credentials"
        target = _target(options)
        account, _made = AwsAccount.objects.update_or_create(
            organisation=organisation,
            name=name[:100],
            defaults={
                "profile": target.profile or "",
                "role_arn": target.role_arn or "",
                "external_id": target.external_id or "",
                "endpoint_url": target.endpoint_url or "",
                "regions": list(target.regions),
            },
        )
        return account

    def _record_consent(self, account: AwsAccount, options: dict[str, Any]) -> None:
        states = self._named_states(options)
        if states:
            targets.record_consent(
                account=account,
                consent=AwsAccount.Consent.STATES,
                agreed_by=options["agreed_by"],
                state_objects=states,
                actor=None,
            )
        elif not options["metadata_only"] and account.consent != AwsAccount.Consent.STATES:
            targets.record_consent(account=account, consent=AwsAccount.Consent.CONFIGURATION, actor=None)
        if options["paid_calls"] and not account.paid_calls:
            targets.agree_to_paid_calls(account=account, agreed=True, actor=None)

    def _named_states(self, options: dict[str, Any]) -> tuple[StateObject, ...]:
        """States in buckets; refused where nobody of the client agreed, or where only metadata is to be read."""
        try:
            states = parse_objects(one for one in options["tfstate"] if is_object(one))
        except BadArgumentError as refusal:
            self.refuse(f"--tfstate {refusal}")
        if states and options["metadata_only"]:
            self.refuse(
                f"--tfstate {states[0]} is no metadata: leave out --metadata-only, or give the state as a file."
            )
        if states and not options["agreed_by"].strip():
            self.refuse(f"--tfstate {states[0]}: name who of the client agreed, with --agreed-by.")
        return states

    def _read_states(self, organisation: Organisation, paths: list[Path]) -> None:
        if paths:
            targets.add_state_files(organisation=organisation, paths=paths, actor=None)

    def _repositories(self, organisation: Organisation, locations: list[str]) -> list[Repository]:
        return [
            targets.add_repository(organisation=organisation, location=_absolute(one), actor=None) for one in locations
        ]

    def _write_each(self, run: Run, folder: Path) -> None:
        for name, write in exports.of_each_account(run):
            self._write(write, folder / name)

    def _write(self, write: Callable[[], bytes], path: Path) -> None:
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(write())
        except (DomainError, OSError) as refusal:
            self.stderr.write(f"discover: {path} was not written: {refusal}")
            sys.exit(NOTHING_ASSESSED)


def option_of(kind: str) -> str:
    """What a kind of document is asked for with."""
    return "--imports-tf" if kind == "imports" else f"--{kind}"


def _target(options: dict[str, Any]) -> AwsTarget:
    """Where the way in leads; an external ID without a role of its own is that of the roles in a list."""
    return AwsTarget(
        options["profile"],
        options["role_arn"],
        options["external_id"] if options["role_arn"] else None,
        options["endpoint_url"],
        tuple(_regions(options)),
    )


def _regions(options: dict[str, Any]) -> list[str]:
    return [one for one in (options["regions"] or "").split(",") if one and one != "all"]


def _are_metadata(snapshots: list[Snapshot]) -> bool:
    return bool(snapshots) and all(one.head.consent == AwsAccount.Consent.METADATA for one in snapshots)


def _files(states: list[str]) -> list[Path]:
    """Those that are files or folders of this machine."""
    return [Path(one) for one in states if not is_object(one)]


def _absolute(location: str) -> str:
    return str(Path(location).resolve()) if Path(location).exists() else location
