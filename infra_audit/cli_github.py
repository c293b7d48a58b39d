"""What commands that ask GitHub have in common. A token comes from the environment or a file, never as an argument:
every user of the machine could read it in the list of processes."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra_audit.errors import BadArgumentError, NothingAssessableError
from infra_audit.github.client import GitHub
from infra_audit.github.listing import RepositoryListing, repositories_of
from infra_audit.github.refusals import RefusedError
from infra_audit.github.way_in import GITHUB, GitHubWayIn, by_app, by_token

TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
MOST_BYTES = 20_000
OPTIONS = ("github_token_env", "github_token_file", "github_app", "github_org")


def add_github(parser: argparse.ArgumentParser) -> None:
    """The way in to GitHub, and whose repositories are read."""
    group = parser.add_argument_group("GitHub")
    group.add_argument("--github-org", metavar="NAME", help="read an organisation's or a person's repositories")
    group.add_argument("--github-archived", action="store_true", help="with --github-org: those that are archived, too")
    group.add_argument("--github-forks", action="store_true", help="with --github-org: forks, too")
    way = group.add_mutually_exclusive_group()
    way.add_argument(
        "--github-token-env",
        metavar="VARIABLE",
        help=f"the environment variable that holds the token (with --github-org: {TOKEN_VARIABLE}, if it is not said)",
    )
    way.add_argument("--github-token-file", type=Path, metavar="FILE", help="a file that holds the token, and no more")
    way.add_argument("--github-app", metavar="ID", help="an app instead of a token, with the two that follow")
    group.add_argument("--github-installation", default="", metavar="NUMBER", help="the app's installation")
    group.add_argument("--github-key-file", type=Path, metavar="FILE", help="the app's private key, as PEM")
    group.add_argument("--github-url", default=GITHUB, metavar="URL", help="an Enterprise server's API: …/api/v3")


def way_in_of(options: Mapping[str, Any]) -> GitHubWayIn | None:
    """None where nobody asks for GitHub. Raises BadArgumentError, which names the mend and holds no secret."""
    if not any(options[name] for name in OPTIONS):
        return None
    address = options["github_url"]
    if options["github_app"]:
        if not options["github_key_file"]:
            raise BadArgumentError("--github-app needs --github-installation and --github-key-file: give all three.")
        key = _content("--github-key-file", options["github_key_file"])
        return by_app(options["github_app"], options["github_installation"], key, address)
    if options["github_token_file"]:
        return by_token(_content("--github-token-file", options["github_token_file"]), address)
    variable = options["github_token_env"] or TOKEN_VARIABLE
    token = os.environ.get(variable, "")
    if not token:
        raise BadArgumentError(f"the environment variable {variable} is empty: put the GitHub token there.")
    return by_token(token, address)


def _content(option: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgumentError(f"{option} {path} could not be read: {type(error).__name__}.") from None


def listed_by(way_in: GitHubWayIn | None, options: Mapping[str, Any]) -> RepositoryListing:
    """What `--github-org` names; nothing without it. Raises NothingAssessableError where GitHub does not tell."""
    if not options["github_org"] or way_in is None:
        return RepositoryListing(())
    try:
        return repositories_of(
            GitHub(way_in),
            options["github_org"],
            with_archived=options["github_archived"],
            with_forks=options["github_forks"],
        )
    except RefusedError as refusal:
        raise NothingAssessableError(f"GitHub did not list the repositories. {refusal}") from None
