"""Why nothing of an account could be read, in one sentence that names the mend."""

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnknownRegionError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from infra_audit.collectors.aws.endings import (
    BAD_SIGNATURE,
    DENIED,
    EXPIRED,
    THROTTLED,
    error_code,
    is_page,
    one_line,
)
from infra_audit.collectors.aws.sessions import Target

REFUSED_KEYS = frozenset({"AuthFailure", "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"})


def sentence_for(error: Exception, target: Target) -> str:
    """What went wrong while signing in, and what to do about it. Holds no secret."""
    if isinstance(error, ClientError):
        return _of_answer(error, target)
    if isinstance(error, ResponseParserError | KeyError):
        return _not_aws(target)
    if isinstance(error, SSOError | TokenRetrievalError):
        return f"The sign-in of {_who(target)} has run out: run `aws sso login` for it, then start again."
    return _of_set_up(error, target)


def _of_answer(error: ClientError, target: Target) -> str:
    code, text = error_code(error), error.response.get("Error", {}).get("Message") or ""
    if code in DENIED and error.operation_name == "AssumeRole":
        return (
            f"The role {target.role_arn} would not let us in: check that its trust policy names us"
            " and that the external ID is the same."
        )
    if code in EXPIRED:
        return f"The credentials of {_who(target)} have expired: sign in again, then start again."
    if code in REFUSED_KEYS:
        return f"AWS does not know the credentials of {_who(target)}: check the access key, or sign in again."
    if code in BAD_SIGNATURE:
        return f"AWS refused the signature of {_who(target)}: check the secret key and this machine's clock."
    if code in THROTTLED:
        return "AWS kept asking us to slow down: try again in a few minutes."
    if is_page(text) or code.isdigit():
        return _not_aws(target)
    return f"AWS refused {_who(target)}: {one_line(text or code, 160)}"


def _of_set_up(error: Exception, target: Target) -> str:
    match error:
        case ProfileNotFound():
            return f"There is no AWS profile called {target.profile or 'that'} here: see `aws configure list-profiles`."
        case PartialCredentialsError():
            return (
                f"The credentials of {_who(target)} are incomplete: both the access key id and its secret are needed."
            )
        case NoCredentialsError():
            return "There are no AWS credentials here: name a profile, or sign in with the AWS command line first."
        case CredentialRetrievalError():
            return f"The credentials of {_who(target)} could not be fetched: check what its profile runs or assumes."
        case InvalidRegionError() | UnknownRegionError():
            return "The region is not one that AWS has: write it like eu-west-1."
        case ParamValidationError():
            return f"{target.role_arn} is no role's ARN: write it like arn:aws:iam::123456789012:role/audit."
        case BotoConnectionError() | HTTPClientError():
            return f"{target.endpoint_url or 'AWS'} did not answer: check the address, the network and any proxy."
        case ValueError() if target.endpoint_url and "endpoint" in str(error).lower():
            return f"{target.endpoint_url} is no address of an endpoint: write it like http://localhost:5000."
    return f"We could not sign in as {_who(target)}: {one_line(str(error), 160)}"


def _not_aws(target: Target) -> str:
    return f"{target.endpoint_url or 'What answered'} does not answer like AWS: check the endpoint's address."


def _who(target: Target) -> str:
    if target.role_arn:
        return f"the role {target.role_arn}"
    return f"the profile {target.profile}" if target.profile else "the default profile"
