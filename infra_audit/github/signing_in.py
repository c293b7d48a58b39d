"""Whom GitHub takes us for, and until when: what a test of a way in tells."""

from dataclasses import dataclass

from infra_audit.github.client import GitHub

EXPIRES = "github-authentication-token-expiration"


@dataclass(frozen=True)
class SignedIn:
    """`who`: a person's name on GitHub, or "" for an app, which sees so many `repositories`. `until`: "2027-01-31"."""

    who: str = ""
    repositories: int | None = None
    until: str = ""


def sign_in(github: GitHub) -> SignedIn:
    """Ask once. Raises RefusedError."""
    if github.way_in.is_app:
        told = github.get("/installation/repositories", per_page=1).data
        count = told.get("total_count") if isinstance(told, dict) else None
        return SignedIn(repositories=count if isinstance(count, int) else None)
    answer = github.get("/user")
    who = answer.data.get("login") if isinstance(answer.data, dict) else ""
    return SignedIn(who=str(who or ""), until=answer.headers.get(EXPIRES, "").partition(" ")[0])
