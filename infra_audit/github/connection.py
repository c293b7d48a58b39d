"""Signs in to GitHub and sends what is asked, through PyGithub; its objects, which can write, are never made.

Loaded only once GitHub is asked anything: PyGithub takes half as much memory again as the rest of the engine.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import requests
from github import Auth, GithubException
from github.Requester import Requester

from infra_audit.collectors.repo.hosts import refuse_inner_url
from infra_audit.collectors.repo.sandbox import RepositoryError
from infra_audit.github.refusals import Answer, RefusedError, refusal_of
from infra_audit.github.way_in import GITHUB, GitHubWayIn
from infra_audit.inventory import Ending

TIMEOUT_S = 20
PAGE = 100
API_VERSION = "2022-11-28"
ACCEPT = "application/vnd.github+json"
USER_AGENT = "infra-audit (read only)"
AWAY = "GitHub did not answer: its address is wrong, or it cannot be reached from here."
NO_JSON = "GitHub answered with something else than JSON."
BAD_KEY = "The private key of the GitHub app could not be read."


class NotReadOnlyError(Exception):
    """Something else than a GET was about to be sent; it was not."""


class ReadingRequester(Requester):
    """PyGithub's, with every way to send anything but a GET shut."""

    def requestJson(self, verb: str, *args: Any, **kwargs: Any) -> tuple[int, dict[str, Any], str]:
        if verb != "GET" or kwargs.get("input") is not None or len(args) > 3:
            raise NotReadOnlyError(f"{verb} is no read: it was not sent.")
        return super().requestJson(verb, *args, **kwargs)

    def requestMultipart(self, *args: Any, **kwargs: Any) -> Any:
        raise NotReadOnlyError("An upload is no read: it was not sent.")

    requestBlob = requestMemoryBlobAndCheck = graphql_query = requestMultipart


class Connection:
    """To one GitHub, by one way in. An app's sign-in is the one request that is no GET: it asks for a token."""

    def __init__(self, way_in: GitHubWayIn) -> None:
        """Raises RefusedError, also where the address leads into the network that we run in by now."""
        refuse_inner_address(way_in)
        self._way_in = way_in
        with self._in_our_words():
            self._auth = _auth_of(way_in)
            self.requester = ReadingRequester(
                auth=self._auth,
                base_url=way_in.base_url,
                timeout=TIMEOUT_S,
                user_agent=USER_AGENT,
                per_page=PAGE,
                verify=True,
                retry=None,
                pool_size=None,
                api_version=API_VERSION,
            )

    def ask(self, path: str, parameters: dict[str, Any]) -> Answer:
        """Send one GET. Raises RefusedError where no answer came; a refusal is an answer, too."""
        with self._in_our_words():
            status, headers, text = self.requester.requestJson("GET", path, parameters, {"Accept": ACCEPT})
            return Answer(status, headers, json.loads(text) if text else None)

    def token(self) -> str:
        """What git signs in with, too. Raises RefusedError."""
        with self._in_our_words():
            return self._auth.token

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """Whatever goes wrong on the way is told without what the program held: a request names the token."""
        try:
            yield
        except GithubException as refusal:  # the app's own sign-in was refused
            answer = Answer(refusal.status, dict(refusal.headers or {}), refusal.data)
            raise refusal_of(answer, self._way_in) from None
        except (requests.RequestException, RuntimeError, AssertionError):
            raise RefusedError(Ending.ERROR, AWAY) from None
        except json.JSONDecodeError:
            raise RefusedError(Ending.ERROR, NO_JSON) from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise RefusedError(Ending.ERROR, BAD_KEY if self._way_in.is_app else AWAY) from None


def refuse_inner_address(way_in: GitHubWayIn) -> None:
    """An address was looked at when it was saved, but a name may lead elsewhere since. Raises RefusedError."""
    if way_in.base_url == GITHUB or way_in.is_emulated:
        return
    try:
        refuse_inner_url(way_in.base_url)
    except RepositoryError as refusal:
        raise RefusedError(Ending.ERROR, str(refusal)) from None


def _auth_of(way_in: GitHubWayIn) -> Auth.Token | Auth.AppInstallationAuth:
    if not way_in.is_app:
        return Auth.Token(way_in.token)
    app = Auth.AppAuth(way_in.app_id, way_in.private_key)
    return Auth.AppInstallationAuth(app, int(way_in.installation_id))


def _is_fit_for_logs(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


# PyGithub's debug log writes whole answers, and that of an app's sign-in is a token. A filter, not a level: whoever
# switches DEBUG on does not switch this off.
logging.getLogger("github.Requester").addFilter(_is_fit_for_logs)
