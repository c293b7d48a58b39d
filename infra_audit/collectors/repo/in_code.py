"""Which credentials at HEAD the checks on Terraform and CloudFormation tell of, so that they are told once.

What a pattern proves, such as an access key's, is told as a credential all the same: it works wherever it stands. What
only its name tells is told by the check on the code alone, unless it lies in other lines too.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator

from infra_audit.collectors.repo import cloudformation, terraform
from infra_audit.collectors.repo.reading import OpenRepository, Reading, StoppedError
from infra_audit.errors import kind_and_place
from infra_audit.inventory import Row

logger = logging.getLogger(__name__)

BY_NAME = frozenset({"assigned-secret", "hashicorp-tf-password"})  # the rules that go by a name alone, in such code

Place = tuple[str, int]  # path and line
Told = tuple[str, str]  # a block, and the fingerprint of a password that is told of it


def placed(row: Row, places: dict[Place, set[Told]]) -> Row:
    """A row of `repo.secrets` with the blocks that it stands in, and whether the checks on them tell all of it.

    A line may hold several passwords, in JSON without spaces those of the whole file.
    """
    told = [places.get((place["path"], place["line"]), set()) for place in row["places"] if place["at_head"]]
    is_told = bool(told) and all(any(mark == row["fingerprint"] for _block, mark in here) for here in told)
    return {
        **row,
        "stands_in": sorted({block for here in told for block, _mark in here}),
        "told_in_code": is_told and row["place_count"] == len(row["places"]) and row["rule"] in BY_NAME,
    }


def places_in_code(repository: OpenRepository) -> dict[Place, set[Told]]:
    """Path and line of every password that infrastructure code holds, with the blocks that it stands in.

    Where that code could not be read its checks tell nothing, so all is told as credentials. Raises StoppedError.
    """
    places: dict[Place, set[Told]] = defaultdict(set)
    for operation, read, places_of in (
        ("repo.terraform", terraform.read, _in_terraform),
        ("repo.cloudformation", cloudformation.read, _in_stacks),
    ):
        try:
            for place, told in places_of(repository.once(operation, read)):
                places[place].add(told)
        except (OSError, StoppedError):
            raise
        except Exception as error:  # the operation itself says so; credentials are told all the same
            logger.error("%s beside the search for credentials: %s", operation, kind_and_place(error))
    return places


def _in_terraform(reading: Reading) -> Iterator[tuple[Place, Told]]:
    for row in reading.rows:
        resource = f"{row['path']}#{row['address']}"
        for secret in _secrets(row):
            yield (row["path"], secret["line"]), (resource, secret["fingerprint"])
        if row.get("default_is_secret"):
            yield (row["path"], row["default_line"]), (resource, row["default_fingerprint"])


def _secrets(row: Row) -> Iterator[Row]:
    for attribute in row["attributes"].values():
        if secret := attribute.get("secret"):
            yield secret
    for inner in row["blocks"]:
        yield from _secrets(inner)


def _in_stacks(reading: Reading) -> Iterator[tuple[Place, Told]]:
    for row in reading.rows:
        resource = f"{row['path']}#{row['name']}"
        for secret in row.get("secrets", ()):
            yield (row["path"], secret["line"]), (resource, secret["fingerprint"])
        if row.get("default_is_secret"):
            yield (row["path"], row["default_line"]), (resource, row["default_fingerprint"])
