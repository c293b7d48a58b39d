"""The label printer: a program that one person keeps going, and that nobody else could run, test or ship."""

import json
from datetime import UTC, datetime, timedelta

from demo.repository import Commit, Sample

NAME = "harbour-pine-labels"
BEGUN = datetime(2025, 3, 3, 7, 45, tzinfo=UTC)

README = """# Labels

Prints what is stuck on the parcels.

## Run it

    docker compose up
"""

PACKAGES = {
    "name": "labels",
    "private": True,
    "scripts": {"start": "node printer/server.js"},
    "dependencies": {"express": "^4.17.1", "redis": "^3.1.2", "@sentry/node": "^6.19.0"},
}

DOCKERFILE = """FROM node:14-buster
WORKDIR /srv
COPY package.json .
RUN npm install
COPY printer printer
CMD ["npm", "start"]
"""

COMPOSE = """services:
  labels:
    build: .
    ports: ["8090:8090"]
  queue:
    image: redis
  mail:
    image: axllent/mailpit:v1.20
"""

SERVER = """const express = require("express");

const app = express();
app.get("/health", (request, response) => response.json({ status: "ok" }));
app.listen(8090);
"""

BY_ONE_PERSON, BY_OTHERS = 21, 11  # commits: too few of the latter to judge their folder by


def labels() -> Sample:
    """The label printer's repository, ready to be built."""
    sample = Sample(NAME)
    manifest = json.dumps(PACKAGES, indent=2) + "\n"
    _commit(
        sample, "ben", "Print a label", {"README.md": README, "package.json": manifest, "printer/server.js": SERVER}
    )
    _commit(sample, "ben", "Run it in a container", {"Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE})
    for number in range(1, BY_ONE_PERSON):
        _commit(
            sample, "ben", f"Know printer {number}", {f"printer/models/model{number}.js": f"exports.dpi = {number};\n"}
        )
    for number in range(BY_OTHERS):
        author = ("ada", "cleo")[number % 2]
        _commit(sample, author, f"Draw shape {number}", {"shapes/shapes.js": f"exports.count = {number};\n"})
    _plant(sample)
    return sample


def _commit(sample: Sample, author: str, message: str, files: dict[str, str | None]) -> None:
    """The next commit, some days after the last."""
    sample.commits.append(Commit(BEGUN + timedelta(days=9) * len(sample.commits), author, message, files))


def _plant(sample: Sample) -> None:
    for check in (
        "no_runbook",
        "no_architecture_doc",
        "no_codeowners",
        "ci_missing",
        "tests_missing",
        "no_release_tags",
    ):
        sample.plant(check, "")
    sample.plant("readme_thin", "README.md")
    sample.plant("lock_file_missing", "package.json")
    sample.plant("bus_factor_one", "printer")
    for check in ("runtime_unsupported", "docker_root_user"):
        sample.plant(check, "Dockerfile", DOCKERFILE, "FROM")
    sample.plant("docker_latest_tag", "compose.yaml", COMPOSE, "image: redis")
