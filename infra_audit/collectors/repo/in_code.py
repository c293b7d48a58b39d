"""Which credentials at HEAD the checks on Terraform and CloudFormation tell of, so that they are told once.

What a pattern proves, such as an access key's, is told as a credential all the same: it works wherever it stands. What
only its name tells is told by the check on the code alone, unless it lies in other lines too.
"""

import logging
from collections.abc import Iterator

from infra_audit.collectors.repo import cloudformation, terraform
from infra_audit.collectors.repo.reading import OpenRepository, Reading, StoppedError
from infra_audit.errors import kind_and_place
from infra_audit.inventory import Row

logger = logging.getLogger(__name__)

BY_NAME = frozenset({"assigned-secret", "hashicorp-tf-password"})  # the rules that go by a name alone, in such code

Place = tuple[str, int]  # path and line


def placed(row: Row, places: dict[Place, str]) -> Row:
    """A row of `repo.secrets` with the blocks that it stands in, and whether the checks on them tell all of it."""
    at_head = [(place["path"], place["line"]) for place in row["places"] if place["at_head"]]
    known = [places[place] for place in at_head if place in places]
    is_all = len(known) == len(at_head) and row["place_count"] == len(row["places"])
    return {
        **row,
        "stands_in": sorted(set(known)),
        "told_in_code": bool(known) and is_all and row["rule"] in BY_NAME,
    }


def places_in_code(repository: OpenRepository) -> dict[Place, str]:
    """Path and line of every password that infrastructure code holds, with the block that it stands in.

    Where that code could not be read its checks tell nothing, so all is told as credentials. Raises StoppedError.
    """
    places: dict[Place, str] = {}
    for operation, read, places_of in (
        ("repo.terraform", terraform.read, _in_terraform),
        ("repo.cloudformation", cloudformation.read, _in_stacks),
    ):
        try:
            places.update(places_of(repository.once(operation, read)))
        except (OSError, StoppedError):
            raise
        except Exception as error:  # the operation itself says so; credentials are told all the same
            logger.error("%s beside the search for credentials: %s", operation, kind_and_place(error))
    return places


def _in_terraform(reading: Reading) -> Iterator[tuple[Place, str]]:
    for row in reading.rows:
        resource = f"{row['path']}#{row['address']}"
        for line in _lines(row):
            yield (row["path"], line), resource
        if row.get("default_is_secret"):
            yield (row["path"], row["default_line"]), resource


def _lines(row: Row) -> Iterator[int]:
    for attribute in row["attributes"].values():
        if secret := attribute.get("secret"):
            yield secret["line"]
    for inner in row["blocks"]:
        yield from _lines(inner)


def _in_stacks(reading: Reading) -> Iterator[tuple[Place, str]]:
    for row in reading.rows:
        resource = f"{row['path']}#{row['name']}"
        for secret in row.get("secrets", ()):
            yield (row["path"], secret["line"]), resource
        if row.get("default_is_secret"):
            yield (row["path"], row["default_line"]), resource
