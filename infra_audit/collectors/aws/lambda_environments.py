"""Credentials in the environments of functions. Scanned here, in memory: only detections leave."""

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from infra_audit.collectors.aws._settings import settings_row
from infra_audit.collectors.aws.lambda_ import functions
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row


@collector("lambda.environments", iam=("lambda:ListFunctions",), consent=Consent.CONFIGURATION)
def environments(reader: Reader) -> Iterator[Row]:
    """A function each: `settings_row`. The list of functions carries the environments: no call of its own.

    One that AWS could not decrypt for us answers with an error in place of the variables: it is missed, never empty.
    """
    for one in functions(reader):
        environment = one.get("Environment") or {}
        if error := environment.get("Error"):
            reader.miss(one["FunctionArn"], _refused(error))
        else:
            yield settings_row(reader, one["FunctionArn"], environment.get("Variables") or {})


def _refused(error: Mapping[str, str]) -> ClientError:
    told = {"Code": error.get("ErrorCode") or "AccessDeniedException", "Message": error.get("Message") or ""}
    return ClientError({"Error": told}, "ListFunctions")
