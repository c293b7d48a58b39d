"""The shop: a year of history by three people, in which credentials came, went and stayed."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

from demo.credentials import Credentials
from demo.ledger import ACCOUNT
from demo.repository import Commit, Sample
from demo.samples.infrastructure import infrastructure, plant_infrastructure

NAME = "harbour-pine-shop"
BEGUN = datetime(2025, 11, 3, 8, 30, tzinfo=UTC)

APP = '''"""The shop's web application."""

import os

from flask import Flask, jsonify

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]


@app.get("/health")
def health():
    return jsonify(status="ok")


@app.post("/orders")
def place_order():
    return jsonify(id="5b0f5a0e-8e6f-4c1c-9d55-2f6b5b8a4f10"), 201
'''

SETTINGS = '''"""Settings: from the environment, mostly."""

import os

DATABASE_URL = os.environ["DATABASE_URL"]
PASSWORD_RESET_HOURS = 24
SMTP_HOST = "mail.harbourandpine.example"
SMTP_USER = "shop"
SMTP_PASSWORD = {password}
'''

EXAMPLE_ENV = """# Copy to .env and fill in.
SECRET_KEY=change-me
DATABASE_URL=postgresql://localhost:5432/shop
STRIPE_SECRET_KEY=<your key>
AWS_ACCESS_KEY_ID=
"""

DOCKERFILE = """FROM python:3.12-slim
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY shop shop
USER nobody
CMD ["gunicorn", "shop.app:app", "--bind", "0.0.0.0:8000"]
"""

WORKFLOW = """name: deploy
on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-24.04
    env:
      GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
    steps:
      - uses: actions/checkout@v4
      - run: ./scripts/deploy.sh
"""

LOCK = """{
  "name": "shop-assets",
  "lockfileVersion": 3,
  "packages": {
    "node_modules/htmx.org": {
      "version": "2.0.4",
      "integrity": "sha512-{digest}"
    }
  }
}
"""

TEST = """from shop.app import app


def test_health():
    assert app.test_client().get("/health").status_code == 200
"""

SYNC = """#!/bin/sh
# Copies product pictures to the media bucket.
set -eu
{keys}
aws s3 sync ./pictures s3://hp-media/pictures
"""


class Shop:
    """Writes the history, and with each credential what must be found of it."""

    def __init__(self, seed: int) -> None:
        self.sample = Sample(NAME)
        self.credentials = Credentials(seed)
        self._now = BEGUN

    def commit(
        self, author: str, message: str, files: dict[str, str | None], *, branch: str = "main", tag: str = ""
    ) -> None:
        """The next commit, some days after the last."""
        self.sample.commits.append(Commit(self._now, author, message, files, branch, tag))
        self._now += timedelta(days=23, hours=3, minutes=17)

    def write(self) -> Sample:
        self._begin()
        self._leave_behind()
        self._keep()
        self._finish()
        return self.sample

    def _begin(self) -> None:
        requirements = "flask==3.1.0\ngunicorn==23.0.0\npsycopg[binary]==3.2.3\n"
        start = {"shop/__init__.py": "", "shop/app.py": APP, "requirements.txt": requirements}
        self.commit("ada", "Take orders", {**start, ".env.example": EXAMPLE_ENV})
        self.commit("ben", "Build an image", {"Dockerfile": DOCKERFILE, ".dockerignore": ".git\n.env\n"})

    def _leave_behind(self) -> None:
        """Four credentials that are in the history only: three removed, one on a branch that was never merged."""
        key_id, secret = self.credentials.aws_pair(ACCOUNT)
        keys = f"export AWS_ACCESS_KEY_ID={key_id}\nexport AWS_SECRET_ACCESS_KEY={secret}"
        sync = SYNC.replace("{keys}", keys)
        self.commit("ben", "Copy pictures to the bucket", {"scripts/sync.sh": sync})
        self.sample.plant("secret_in_history", "scripts/sync.sh", sync, secret)
        self.sample.tolerate("secret_in_history", "scripts/sync.sh", sync, key_id)

        token = self.credentials.github_token()
        workflow = WORKFLOW.replace("${{ secrets.GITHUB_TOKEN }}", token)
        self.commit("cleo", "Deploy from CI", {".github/workflows/deploy.yml": workflow})
        self.sample.plant("secret_in_history", ".github/workflows/deploy.yml", workflow, token)

        key = self.credentials.private_key()
        self.commit(
            "ben", "Let CI reach the servers", {"deploy/id_rsa": key, "scripts/deploy.sh": "#!/bin/sh\nset -eu\n"}
        )
        self.sample.plant("secret_in_history", "deploy/id_rsa", key, "BEGIN")
        self.sample.plant("credential_file_committed", "deploy/id_rsa", key, "BEGIN")
        clean = {
            "deploy/id_rsa": None,
            ".github/workflows/deploy.yml": WORKFLOW,
            "scripts/sync.sh": SYNC.replace("{keys}\n", ""),
        }
        self.commit("ada", "Take credentials out of the tree", clean, tag="v1.0.0")

        experiment = f"search:\n  host: search.internal\n  password: {self.credentials.password(18)}\n"
        self.commit("cleo", "Try another search", {"config/search.yml": experiment}, branch="try-search")
        self.sample.plant("secret_in_history", "config/search.yml", experiment, "password:")

    def _keep(self) -> None:
        """Four credentials that still stand in the tree."""
        payments = f"STRIPE_SECRET_KEY={self.credentials.stripe_key()}\nLOG_LEVEL=info\n"
        self.commit("ben", "Take payments", {"deploy/production.env": payments})
        url = self.credentials.database_url("shop", "orders.internal", "orders")
        production = f"{payments}DATABASE_URL={url}\n"
        self.commit("ben", "Move the database", {"deploy/production.env": production}, tag="v1.0.1")
        for needle in ("STRIPE_SECRET_KEY", "DATABASE_URL"):
            self.sample.plant("secret_at_head", "deploy/production.env", production, needle)
        self.sample.plant("credential_file_committed", "deploy/production.env", production, "STRIPE_SECRET_KEY")

        settings = SETTINGS.replace("{password}", f'"{self.credentials.password(16)}"')
        self.commit("cleo", "Send mail", {"shop/settings.py": settings})
        self.sample.plant("secret_at_head", "shop/settings.py", settings, "SMTP_PASSWORD")

        token = self.credentials.github_token()
        feeds = f'{{\n  "source": "https://feeds.harbourandpine.example",\n  "github_token": "{token}"\n}}\n'
        silenced = "config/feeds.json:github-pat:3\n"
        self.commit("ada", "Import feeds", {"config/feeds.json": feeds, ".gitleaksignore": silenced}, tag="v1.0.2")
        self.sample.plant("secret_suppressed_in_repo", ".gitleaksignore", silenced, "feeds")
        self.sample.plant("secret_at_head", "config/feeds.json", feeds, "github_token")

    def _finish(self) -> None:
        """Terraform, a lock file, tests; still nothing that says how to run it."""
        files = infrastructure(self.credentials)
        self.commit("ada", "Write the infrastructure down", dict(files))
        plant_infrastructure(self.sample, files)
        digest = base64.b64encode(hashlib.sha512(NAME.encode()).digest()).decode()
        lock = LOCK.replace("{digest}", digest)
        self.commit("ben", "Test what is there", {"tests/test_app.py": TEST, "package-lock.json": lock})
        self.commit("cleo", "Say who owns what", {"CODEOWNERS": "* @harbour-pine/shop\n"}, tag="v1.1.0")
        for check in ("readme_missing", "no_runbook", "no_architecture_doc"):
            self.sample.plant(check, "")


def shop(seed: int) -> Sample:
    """The shop's repository, ready to be built."""
    return Shop(seed).write()
