"""Terraform states kept as objects: those that the client named, and no other object. Stripped while they arrive."""

from collections.abc import Iterator

from infra_audit.collectors.aws.endings import READ_ERRORS, CollectorNoteError, error_code
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.aws.s3 import LOCATIONS
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row
from infra_audit.state_objects import StateObject
from infra_audit.state_parser import StateError
from infra_audit.states import MAX_BYTES, rows_of, too_large

MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404"})


class StateNoteError(CollectorNoteError):
    """A named object that is no state we read."""

    def __init__(self, refusal: StateError) -> None:
        super().__init__(str(refusal))
        self.ending = refusal.ending


@collector("s3.get_state_objects", iam=("s3:GetObject", "s3:GetBucketLocation"), is_global=True, consent=Consent.STATES)
def get_state_objects(reader: Reader) -> Iterator[Row]:
    """Rows as of a state given as a file: ids and tags. The object goes through memory as a stream and is not kept."""
    for one in reader.state_objects:
        try:
            yield from list(_rows(reader, one))  # all of an object or nothing
        except StateError as refusal:
            reader.note(str(refusal))
            reader.miss(str(one), StateNoteError(refusal))
        except READ_ERRORS as error:
            if error_code(error) in MISSING:
                reader.note(f"There is no object {one}.")
            reader.miss(str(one), error)


def _rows(reader: Reader, one: StateObject) -> Iterator[Row]:
    answer = reader.ask("s3", "get_object", region=_region(reader, one), Bucket=one.bucket, Key=one.key)
    with answer["Body"] as body:
        if answer["ContentLength"] > MAX_BYTES:
            raise too_large(str(one), answer["ContentLength"])
        yield from rows_of(body, str(one))


def _region(reader: Reader, one: StateObject) -> str | None:
    """Where the bucket is; None, the account's home, where it will not say: S3 then sends us on."""
    try:
        told = reader.call("s3", "get_bucket_location", Bucket=one.bucket).get("LocationConstraint")
    except READ_ERRORS:
        return None
    return LOCATIONS.get(told, told)
