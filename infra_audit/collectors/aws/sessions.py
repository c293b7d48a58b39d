"""Sign-in to an account, and clients that can only read."""

import json
import logging
import threading
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import botocore
import botocore.credentials
import botocore.session
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp

from infra_audit import TOOL_VERSION
from infra_audit.call_log import Recorder
from infra_audit.collectors.aws import service_models
from infra_audit.collectors.aws.endings import NotReadOnlyError, UnsupportedByEndpointError, is_page
from infra_audit.collectors.aws.throttle import SHARED, Throttle
from infra_audit.state_objects import StateObject

SESSION_NAME = "infra-audit"
# Fixed, so that the client knows our calls in their CloudTrail; and the SDK's own costs a sixteenth of an audit to say.
USER_AGENT = f"infra-audit/{TOOL_VERSION} Botocore/{botocore.__version__}"
SESSION_DURATION_S = 3600
ATTEMPTS = 6  # of one call, the first included
READ_TIMEOUT_S = 30.0
HOME_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
}

READ_PREFIXES = ("Describe", "List", "Get", "Search")
# Not named like reads, and yet nothing of the client's changes. The report is one that IAM makes and keeps for itself.
ALSO_READS = frozenset({"GenerateCredentialReport", "AssumeRole", "BatchGetRepositoryScanningConfiguration"})
# Named like reads, and yet they hand out data, secrets or credentials.
NEVER = frozenset(
    {
        "GetAuthorizationToken",
        "GetFederationToken",
        "GetItem",
        "GetObject",
        "GetObjectTorrent",
        "GetParameter",
        "GetParameterHistory",
        "GetParametersByPath",
        "GetPasswordData",
        "GetRecords",
        "GetRoleCredentials",
        "GetSecretValue",
        "GetSessionToken",
        "GetShardIterator",
    }
)
STATE_READ = "GetObject"  # of named state objects alone, where the client agreed
DECRYPTING = "WithDecryption"  # how GetParameters is asked for what is kept encrypted
# At DEBUG these write whole answers, requests and signatures: settings that hold secrets, and our own session token.
TALKATIVE = ("botocore.auth", "botocore.endpoint", "botocore.parsers")


class Target(Protocol):
    """What of `infra_audit.aws.AwsTarget` matters to sign in."""

    @property
    def profile(self) -> str | None: ...
    @property
    def role_arn(self) -> str | None: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def endpoint_url(self) -> str | None: ...
    @property
    def regions(self) -> tuple[str, ...]: ...
    @property
    def state_objects(self) -> tuple[StateObject, ...]: ...


def may_be_sent(operation: str) -> bool:
    """True for an API operation ("DescribeInstances") that reads and hands out no data, secret or credential."""
    return operation in ALSO_READS or (operation.startswith(READ_PREFIXES) and operation not in NEVER)


class Connection:
    """One way into one account: makes clients and keeps them, one a service and region. Thread-safe."""

    def __init__(self, target: Target, throttle: Throttle = SHARED, attempts: int | None = None) -> None:
        self.endpoint_url = target.endpoint_url
        self.throttle = throttle
        self._attempts = attempts
        self._first_region = next((one for one in target.regions if one != "all"), "")
        self.account = ""  # until we know which one it is
        self.calls = Recorder()
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self.session = botocore.session.Session(profile=target.profile)
        self.session.register_component("data_loader", _service_models())
        parsers = self.session.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_moment)
        if target.role_arn:
            self._assume(target.role_arn, target.external_id)
        self.session.register("provide-client-params.s3.GetObject", partial(_refuse_objects, target.state_objects))
        self.session.register("before-call", partial(_refuse_writes, reads_objects=bool(target.state_objects)))
        self.session.register("before-parameter-build.ssm.GetParameters", _refuse_decryption)
        self.session.register("before-parse", _refuse_other_answers)
        if self.endpoint_url:
            self.session.register("needs-retry", _refuse_unknown_operations)
            self.session.register("before-call.s3-control", partial(_keep_host, self.endpoint_url))

    @property
    def emulated(self) -> bool:
        """True where the endpoint is not AWS's own."""
        return self.endpoint_url is not None

    @property
    def region(self) -> str:
        """Where we sign in: the profile's own region, else the first that was asked for; if the SDK knows it."""
        wanted = str(self.session.get_config_variable("region") or self._first_region or HOME_REGIONS["aws"])
        partition = self.session.get_partition_for_region(wanted)
        return wanted if wanted in self.known_regions(partition) else HOME_REGIONS.get(partition, wanted)

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region (made at first use; a botocore client, which has no types)."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make_client(service, region_name=region)
            return self._clients[service, region]

    def _make_client(self, service: str, *, region_name: str, **more: Any) -> Any:
        """A client whose every request waits its turn and is written down, as CloudTrail calls the service."""
        made = self.session.create_client(
            service, region_name=region_name, endpoint_url=self.endpoint_url, config=self._config(), **more
        )
        name = made.meta.service_model.signing_name
        made.meta.events.register("before-send", partial(self._pace, service, region_name))
        made.meta.events.register("before-send", partial(self.calls.send, name, region_name))
        made.meta.events.register("response-received", partial(self.calls.hear, name, region_name))
        return made

    def known_regions(self, partition: str) -> list[str]:
        """Every region that the SDK's data knows in the partition."""
        return sorted(self.session.get_available_regions("ec2", partition))

    def serves(self, service: str, region: str) -> bool:
        """False where the SDK's data has no endpoint of the service in the region, nor one for the whole partition."""
        partition = self.session.get_partition_for_region(region)
        places = self.session.get_available_regions(service, partition, allow_non_regional=True)
        return region in places or any("global" in place for place in places)

    def _pace(self, service: str, region: str, **_: Any) -> None:
        """Every request waits its turn here, retries and signing in included."""
        self.throttle.pace((self.account, service, region))

    def _assume(self, role_arn: str, external_id: str | None) -> None:
        own = self.session.get_credentials()
        if own is None:
            raise NoCredentialsError
        extra: dict[str, str | int] = {"RoleSessionName": SESSION_NAME, "DurationSeconds": SESSION_DURATION_S}
        if external_id:
            extra["ExternalId"] = external_id
        fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
            client_creator=partial(self._make_client, region_name=self.region),
            source_credentials=own,
            role_arn=role_arn,
            extra_args=extra,
        )
        self.session._credentials = botocore.credentials.DeferredRefreshableCredentials(
            refresh_using=fetcher.fetch_credentials, method="assume-role"
        )

    def _config(self) -> Config:
        return Config(
            connect_timeout=5,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=16,
            retries={"mode": "adaptive", "total_max_attempts": self._attempts or ATTEMPTS},
            user_agent=USER_AGENT,
            s3={"addressing_style": "path"} if self.endpoint_url else {},  # one endpoint answers to one name
        )


@cache
def _service_models() -> Loader:
    """What the SDK knows of the services that may be asked: parsed once for all connections of this process."""
    return service_models.loader(lambda operation: operation == STATE_READ or may_be_sent(operation))


def _moment(value: Any) -> datetime:
    """A time as AWS writes it; the SDK guesses at every one of them, which takes twenty times longer."""
    if isinstance(value, str) and value[4:5] == "-" and value[10:11] == "T":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    made: datetime = parse_timestamp(value)
    return made


def _is_fit_for_logs(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


for _name in TALKATIVE:  # a filter, not a level: whoever switches the SDK's DEBUG on does not switch this off
    logging.getLogger(_name).addFilter(_is_fit_for_logs)


def _refuse_decryption(params: dict[str, Any], **_: Any) -> None:
    """A parameter kept encrypted stays so, whatever the role would allow."""
    if params.get(DECRYPTING):
        raise NotReadOnlyError("GetParameters may not decrypt: it was not sent.")


def _refuse_writes(model: Any, *, reads_objects: bool = False, **_: Any) -> None:
    if reads_objects and (model.service_model.service_name, model.name) == ("s3", "GetObject"):
        return  # which ones, `_refuse_objects` has looked at
    if not may_be_sent(model.name):
        raise NotReadOnlyError(f"{model.name} is no read: it was not sent.")


def _refuse_objects(named: tuple[StateObject, ...], params: dict[str, Any], **_: Any) -> None:
    """No object is read but the states that the client named."""
    if (params.get("Bucket"), params.get("Key")) not in {(one.bucket, one.key) for one in named}:
        raise NotReadOnlyError("This object was not named by the client: it was not asked for.")


def _refuse_other_answers(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """A proxy's page, half a document, or nothing: the SDK would take each for an answer that lists nothing at all."""
    body = response_dict["body"]
    if response_dict["status_code"] >= HTTPStatus.MULTIPLE_CHOICES or not isinstance(body, bytes):
        return
    if is_page(body[:200].decode("utf-8", "replace")) or not _is_whole(operation_model, body):
        raise ResponseParserError(f"{operation_model.name} was not answered by AWS.")


def _is_whole(operation_model: Any, body: bytes) -> bool:
    """False for an empty body where one is due, and for JSON that is none; XML is left to the SDK, which is strict."""
    members = operation_model.output_shape.members.values() if operation_model.output_shape else ()
    if not body.strip():
        return all("location" in member.serialization for member in members)
    if operation_model.service_model.resolved_protocol not in {"json", "rest-json"}:
        return True
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _refuse_unknown_operations(response: Any, **_: Any) -> None:
    """An emulator answers an operation it lacks with a page and status 500: asking again would not help."""
    if response is None:
        return
    answer, parsed = response
    if answer.status_code == 500 and is_page(parsed.get("Error", {}).get("Message") or ""):
        raise UnsupportedByEndpointError("The endpoint does not know this operation.")


def _keep_host(endpoint_url: str, params: dict[str, Any], **_: Any) -> None:
    """S3 Control puts the account id before the host's name, which no single endpoint answers to."""
    params["url"] = urlsplit(params["url"])._replace(netloc=urlsplit(endpoint_url).netloc).geturl()
