"""How GitHub is asked, and which repositories are on it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from infra_audit.collectors.repo.cloning import SCP_LIKE
from infra_audit.errors import BadArgumentError

GITHUB = "https://api.github.com"
PUBLIC_HOST = "github.com"
THIS_MACHINE = frozenset({"localhost"})
SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9._-]+", re.ASCII)
OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}", re.ASCII)
TOKEN = re.compile(r"[!-~]{8,1000}", re.ASCII)
NUMBER = re.compile(r"\d{1,20}", re.ASCII)
CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class GitHubWayIn:
    """A token, or an app with its installation and private key. Made by `by_token` and `by_app`, which look at them.

    https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
    """

    token: str = field(default="", repr=False)
    app_id: str = ""
    installation_id: str = ""
    private_key: str = field(default="", repr=False)
    base_url: str = GITHUB

    @property
    def is_app(self) -> bool:
        return bool(self.app_id)

    @property
    def is_emulated(self) -> bool:
        """True where a program on this machine stands in for GitHub: it gets asked, and no clone is made with it."""
        return urlsplit(self.base_url).hostname in THIS_MACHINE

    @property
    def host(self) -> str:
        """Where the repositories are that the API tells of."""
        name = urlsplit(self.base_url).hostname or ""
        return PUBLIC_HOST if self.is_emulated else name.removeprefix("api.")

    @property
    def held_back(self) -> str:
        """What GitHub's refusals call it."""
        return "permissions of the GitHub app" if self.is_app else "permissions of the GitHub token"


def by_token(token: str, base_url: str = GITHUB) -> GitHubWayIn:
    """Raises BadArgumentError, which never repeats the token."""
    if not TOKEN.fullmatch(token.strip()):
        raise BadArgumentError("this is no GitHub token: it is one word of letters, digits and signs.")
    return GitHubWayIn(token=token.strip(), base_url=checked_address(base_url))


def by_app(app_id: str, installation_id: str, private_key: str, base_url: str = GITHUB) -> GitHubWayIn:
    """Raises BadArgumentError, which never repeats the key."""
    app_id, installation_id, private_key = app_id.strip(), installation_id.strip(), private_key.strip()
    if not CLIENT_ID.fullmatch(app_id) or not NUMBER.fullmatch(installation_id):
        raise BadArgumentError("a GitHub app is named by its id, and by the number of its installation.")
    if not private_key.startswith("-----BEGIN ") or "PRIVATE KEY-----" not in private_key:
        raise BadArgumentError("the key of a GitHub app is the PEM file that GitHub made for it.")
    return GitHubWayIn(
        app_id=app_id,
        installation_id=installation_id,
        private_key=private_key + "\n",
        base_url=checked_address(base_url),
    )


def checked_address(base_url: str) -> str:
    """The API's address as the client takes it. Raises BadArgumentError unless it is https, or on this machine."""
    address = base_url.strip().rstrip("/") or GITHUB
    try:
        parsed = urlsplit(address)
        is_plain = bool(parsed.hostname) and parsed.username is None and parsed.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or parsed.query or parsed.fragment:
        raise BadArgumentError("the address of GitHub's API is written like https://github.example.com/api/v3.")
    if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.hostname in THIS_MACHINE):
        raise BadArgumentError("the address of GitHub's API begins with https://, or a token would travel in the open.")
    return address


def slug_of(location: str, way_in: GitHubWayIn | None = None) -> str:
    """ "owner/name" where the repository is on GitHub, or on the server of the way in; else ""."""
    scp = SCP_LIKE.match(location)
    try:
        parsed = urlsplit(location)
        host, path = (scp["host"], scp["path"]) if scp else (parsed.hostname or "", parsed.path)
    except ValueError:
        return ""
    if not scp and parsed.scheme not in {"https", "ssh"}:
        return ""
    slug = path.strip("/").removesuffix(".git")
    is_there = host.lower() in {PUBLIC_HOST, way_in.host if way_in else PUBLIC_HOST}
    return slug if is_there and SLUG.fullmatch(slug) else ""


def opens(way_in: GitHubWayIn, location: str) -> bool:
    """True where the way in leads to the very server that the repository is on."""
    scp = SCP_LIKE.match(location)
    host = scp["host"] if scp else urlsplit(location).hostname or ""
    return bool(slug_of(location, way_in)) and host.lower() == way_in.host
