"""Terraform states that a client keeps as objects, and named for us to read: `s3://bucket/key`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from infra_audit.errors import BadArgumentError

SCHEME = "s3://"
MOST = 10  # in one policy, which may be 6,144 characters long
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# What a policy would take for more than one object, or for a variable.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
WIDENING = re.compile(r"[*?$\x00-\x1f\x7f]")
LONGEST_KEY = 1_024  # bytes


@dataclass(frozen=True, order=True)
class StateObject:
    """One object, exactly."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadArgumentError, in one sentence that names the mend."""
        bucket, _, key = text.strip().removeprefix(SCHEME).partition("/")
        if not text.strip().startswith(SCHEME) or not BUCKET.fullmatch(bucket) or not key:
            raise BadArgumentError(f"{text.strip()} names no object: write it like s3://bucket/path/terraform.tfstate.")
        if key.endswith("/"):
            raise BadArgumentError(f"{text.strip()} is a folder: name the state itself.")
        if WIDENING.search(key) or len(key.encode()) > LONGEST_KEY:
            raise BadArgumentError(f"{text.strip()} could mean more than one object: name one, without * ? or $.")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    def arn(self, partition: str = "aws") -> str:
        return f"arn:{partition}:s3:::{self.bucket}/{self.key}"

    def bucket_arn(self, partition: str = "aws") -> str:
        return f"arn:{partition}:s3:::{self.bucket}"


def is_object(text: str) -> bool:
    """True for what names an object, well or badly, and no file."""
    return text.strip().lower().startswith(SCHEME)


def parse_objects(texts: Iterable[str]) -> tuple[StateObject, ...]:
    """Each once, in the order given. Raises BadArgumentError for one that is none, or for more than MOST."""
    found = tuple(dict.fromkeys(StateObject.parse(text) for text in texts))
    if len(found) > MOST:
        raise BadArgumentError(f"{len(found)} states are named, and {MOST} is the most: give the others as files.")
    return found
