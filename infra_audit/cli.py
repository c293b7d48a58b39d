"""The engine's command line.

Exit status: 0 done, whatever was found; 1 preflight misses something; 2 bad arguments; 3 nothing could be assessed.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from infra_audit import TOOL_VERSION
from infra_audit.cli_aws import add_aws
from infra_audit.cli_github import add_github, listed_by, way_in_of
from infra_audit.cli_hook import add_hook
from infra_audit.cli_output import STANDARD_OUTPUT, add_output, refuse_unwritable, write
from infra_audit.cli_preflight import add_preflight
from infra_audit.cli_report import KEY_VARIABLE, Accounts, Judging, add_imported, chosen_key, imported, report
from infra_audit.cli_role import add_role
from infra_audit.collectors.repo.betterleaks import required_program
from infra_audit.errors import BadArgumentError, NothingAssessableError
from infra_audit.inventory import Unit
from infra_audit.memory import collect_seldom, stay_small
from infra_audit.policy import policy
from infra_audit.registry import catalogue
from infra_audit.repositories import RepositoryTarget, collect_repository, planned_repository
from infra_audit.snapshots import merged_units, read_snapshots
from infra_audit.state_objects import parse_objects
from infra_audit.states import strip_state
from infra_audit.terminal import progress, show_checks

DONE, BAD_ARGUMENTS, NOTHING_ASSESSED, INTERRUPTED = 0, 2, 3, 130
OTHER_KEY = (
    f"a snapshot was read with another {KEY_VARIABLE} than is set here: a secret in it is not recognised elsewhere."
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage. No option may be shortened: `--imp` could mean two."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise BadArgumentError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status. Whatever goes wrong is one line on the error stream; of a list,
    one for each bad line."""
    stay_small()
    collect_seldom()
    try:
        options = _parser().parse_args(arguments)
        return options.run(options) or DONE
    except BadArgumentError as error:
        return _refuse(str(error), BAD_ARGUMENTS)
    except NothingAssessableError as error:
        return _refuse(str(error), NOTHING_ASSESSED)
    except KeyboardInterrupt:
        return _refuse("stopped before the end: nothing was written.", INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has read enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it when it ends
    return DONE


def _refuse(sentences: str, status: int) -> int:
    sys.stderr.writelines(f"infra_audit: {one}\n" for one in sentences.splitlines())
    return status


def _parser() -> Parser:
    parser = Parser(
        prog="python -m infra_audit",
        description="Reads AWS accounts and git repositories, and says what is bad and what could not be seen.",
        epilog=f"Set {KEY_VARIABLE} to a text of your own to have the same fingerprints from run to run.",
    )
    parser.add_argument("--version", action="version", version=TOOL_VERSION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_aws(commands.add_parser("aws", help="audit AWS accounts"))
    _add_repo(commands.add_parser("repo", help="audit git repositories"))
    _add_check(commands.add_parser("check", help="audit what somebody else read: snapshots of accounts"))
    _add_import(commands.add_parser("import", help="turn other tools' findings (Prowler, Security Hub) into ours"))
    checks = commands.add_parser("checks", help="list the catalogue of checks")
    checks.add_argument("--json", metavar="FILE", help="write it as JSON; - is the standard output")
    checks.set_defaults(run=_checks)
    allowed = commands.add_parser("policy", help="print the IAM policy that an audit needs")
    allowed.add_argument("--metadata-only", action="store_true", help="without configuration that may hold secrets")
    allowed.add_argument(
        "--state", action="append", default=[], metavar="S3_URL", help="a Terraform state that may be read; repeatable"
    )
    allowed.add_argument(
        "--organization", action="store_true", help="for the management account: also the list of the other accounts"
    )
    allowed.add_argument("--partition", default="aws", help="aws, aws-cn or aws-us-gov, for --state")
    allowed.set_defaults(run=_policy)
    add_role(commands.add_parser("role", help="write the role that a client makes to let us in"))
    add_preflight(commands.add_parser("preflight", help="try once whatever an audit needs, and say what is missing"))
    add_hook(commands.add_parser("hook", help="search every commit for credentials before it is made"))
    strip = commands.add_parser("strip-state", help="take everything but ids and tags out of Terraform states")
    strip.add_argument("files", nargs="+", type=Path, metavar="FILE")
    strip.add_argument("--to", type=Path, metavar="FOLDER", help="where to write them; needed for more than one")
    strip.set_defaults(run=_strip_state)
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what `aws --snapshot FILE` wrote")
    add_imported(parser)
    add_output(parser, of_account=True)
    parser.set_defaults(run=_check)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "imported", nargs="+", type=Path, metavar="FILE", help="OCSF, ASFF, SARIF, Checkov, cfn-lint, gitleaks"
    )
    add_output(parser, of_account=False)
    parser.set_defaults(run=_import)


def _add_repo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("location", nargs="?", metavar="PATH_OR_URL", help="a folder, or an https or ssh address")
    parser.add_argument("--name", default="", help="what to call it (default: the last part of where it is)")
    parser.add_argument(
        "--betterleaks", action="store_true", help="ask betterleaks for a second opinion (requirements/scanners.txt)"
    )
    add_imported(parser)
    add_github(parser)
    add_output(parser, of_account=False)
    parser.set_defaults(run=_repo)


def _check(options: argparse.Namespace) -> None:
    """Judge snapshots, by default at the moment when the last of them was read."""
    refuse_unwritable(options)
    began, key = time.monotonic(), chosen_key()
    snapshots = read_snapshots(options.files)
    heads = [one.head for one in snapshots]
    if os.environ.get(KEY_VARIABLE) and not options.quiet and not all(head.keyed_with(key) for head in heads):
        sys.stderr.write(f"infra_audit: {OTHER_KEY}\n")
    judging = Judging(key, options.now or max(head.read_at for head in heads), began)
    accounts = Accounts(
        [dict(head.account) for head in heads],
        {head.account["id"]: sorted(head.regions) for head in heads},
        {head.account["id"]: head.signing_in for head in heads},
    )
    report([*merged_units(snapshots), *imported(options, key)], options, judging, accounts)


def _import(options: argparse.Namespace) -> None:
    """Other tools' findings alone: nothing of ours was judged, so nothing is said to be good or unread."""
    refuse_unwritable(options)
    judging = Judging(chosen_key(), options.now or datetime.now(UTC), time.monotonic())
    report(imported(options, judging.key), options, judging, Accounts())


def _repo(options: argparse.Namespace) -> None:
    refuse_unwritable(options)
    judging = Judging(chosen_key(), options.now or datetime.now(UTC), time.monotonic())
    units = imported(options, judging.key)  # a file that is none is refused before anything is read
    betterleaks = required_program() if options.betterleaks else None
    targets = _repositories(options)
    with progress(quiet=options.quiet) as shown:
        shown.expect(sum(len(planned_repository(target)) for target in targets))

        def keep(unit: Unit) -> None:
            units.append(unit)
            shown(unit)

        for target in targets:
            collect_repository(
                target, key=judging.key, now=judging.now, emit=keep, stop=lambda: False, betterleaks=betterleaks
            )
    report(units, options, judging, Accounts())


def _repositories(options: argparse.Namespace) -> list[RepositoryTarget]:
    """The one that is named, and those that GitHub lists; each once."""
    way_in = way_in_of(vars(options))
    listing = listed_by(way_in, vars(options))
    for one in listing.passed_over if not options.quiet else ():
        sys.stderr.write(f"infra_audit: {one.slug} is passed over. {one.message}\n")
    named = [RepositoryTarget(options.location, options.name, way_in)] if options.location else []
    found = [RepositoryTarget(one.location, github=way_in) for one in listing.repositories]
    if not named and not found:
        if options.github_org:
            raise NothingAssessableError(f"GitHub shows no repository of {options.github_org} that is to be read.")
        raise BadArgumentError("name a repository, or whose repositories on GitHub: PATH_OR_URL or --github-org NAME.")
    return list({one.location: one for one in [*found, *named]}.values())


def _checks(options: argparse.Namespace) -> None:
    checks = list(catalogue().values())
    if not options.json:
        show_checks(checks)
        return
    hidden = {"judge", "bad", "good", "examples_at"}
    rows = [{key: value for key, value in vars(one).items() if key not in hidden} for one in checks]
    write(options.json, json.dumps(rows, indent=2) + "\n")


def _policy(options: argparse.Namespace) -> None:
    states = parse_objects(options.state)
    if states and options.metadata_only:
        raise BadArgumentError("--state opens more than metadata: leave out one of the two.")
    told = policy(
        metadata_only=options.metadata_only,
        states=states,
        partition=options.partition,
        lists_organisation=options.organization,
    )
    write(STANDARD_OUTPUT, json.dumps(told, indent=2) + "\n")


def _strip_state(options: argparse.Namespace) -> None:
    if len(options.files) > 1 and not options.to:
        raise BadArgumentError("several states need a folder to be written to: add --to FOLDER.")
    if options.to and not options.to.is_dir():
        raise BadArgumentError(f"there is no folder {options.to}: make it first.")
    for path in options.files:
        stripped = json.dumps(strip_state(path), indent=1) + "\n"
        write(str(options.to / f"{path.stem}.stripped.json") if options.to else STANDARD_OUTPUT, stripped)
