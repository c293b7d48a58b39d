"""A GitHub that says what a test told it to, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

NOT_FOUND = {"message": "Not Found"}
NO_PERMISSION = {"message": "Resource not accessible by personal access token"}


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict
    headers: dict


@dataclass
class GitHubStub:
    """`says` is by path: a list is given page by page, anything else as it is."""

    url: str = ""
    says: dict = field(default_factory=dict)
    once: list = field(default_factory=list)  # answers that come before any other, one each
    asked: list = field(default_factory=list)

    def say(self, path, data=None, status=200, **headers):
        self.says[path] = (status, data, {name.replace("_", "-"): str(value) for name, value in headers.items()})

    def deny(self, path, permission="", status=403, data=NO_PERMISSION):
        headers = {"x_accepted_github_permissions": permission} if permission else {}
        self.say(path, data, status, **headers)

    def say_once(self, status, data=None, **headers):
        self.once.append((status, data, {name.replace("_", "-"): str(value) for name, value in headers.items()}))

    @property
    def paths(self):
        return [one.path for one in self.asked]

    @property
    def methods(self):
        return {one.method for one in self.asked}

    def add_repository(self, slug="acme/shop", **fields):
        """A repository with a commit on main and nothing else: not protected, no pull requests, no releases."""
        about = {
            "full_name": slug,
            "name": slug.partition("/")[2],
            "clone_url": f"https://github.com/{slug}.git",
            "owner": {"login": slug.partition("/")[0]},
            "default_branch": "main",
            "visibility": "private",
            "private": True,
            "archived": False,
            "fork": False,
            "pushed_at": "2026-11-01T08:00:00Z",
            "permissions": {"admin": False, "pull": True},
            **fields,
        }
        root, branch = f"/repos/{slug}", about["default_branch"]
        self.say(root, about)
        self.say(f"{root}/branches/{branch}", {"name": branch, "protected": False})
        self.say(f"{root}/rules/branches/{branch}", [])
        self.say(f"{root}/branches/{branch}/protection", {"message": "Branch not protected"}, 404)
        self.say(f"{root}/dependabot/alerts", [])
        for part in ("pulls", "deployments", "releases"):
            self.say(f"{root}/{part}", [])
        return about


def _handler(stub: GitHubStub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            parsed = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parsed.query).items()}
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            stub.asked.append(Asked(self.command, parsed.path, query, headers))
            status, data, more = stub.once.pop(0) if stub.once else stub.says.get(parsed.path, (404, NOT_FOUND, {}))
            if isinstance(data, list):
                data, link = self.page(parsed.path, query, data)
                more = {**link, **more}
            self.answer(status, data, more)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

        def page(self, path, query, rows):
            if query.get("state") and all("state" in one for one in rows):
                rows = [one for one in rows if one["state"] == query["state"]]
            size, number = int(query.get("per_page", 30)), int(query.get("page", 1))
            link = {}
            if len(rows) > size * number:
                rest = "&".join(f"{name}={quote(value)}" for name, value in query.items() if name != "page")
                # another host: the client must stay with the one it was told
                link = {"link": f'<https://elsewhere.example{path}?{rest}&page={number + 1}>; rel="next"'}
            return rows[size * (number - 1) : size * number], link

        def answer(self, status, data, headers):
            body = b"" if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    return Handler


@contextmanager
def github_stub() -> Iterator[GitHubStub]:
    stub = GitHubStub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    stub.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
