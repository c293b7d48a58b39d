"""Certificates, of the certificate manager and the older ones kept with IAM."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

# Without naming them all, the list leaves out those with longer and with elliptic keys.
EVERY_KEY_TYPE = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)


@collector("acm.list_certificates", iam=("acm:ListCertificates", "acm:ListTagsForCertificate", "tag:GetResources"))
def list_certificates(reader: Reader) -> Iterator[Row]:
    """{arn, type "acm:certificate", name: its domain, tags, created_at, expires_at, status, kind, in_use, renews}.

    `kind`: "AMAZON_ISSUED", "IMPORTED" or "PRIVATE". `renews`: AWS would renew it by itself, as it is used.
    """
    listed = list(
        reader.pages(
            "acm",
            "list_certificates",
            "CertificateSummaryList",
            page_size=1000,
            Includes={"keyTypes": list(EVERY_KEY_TYPE)},
        )
    )
    tagged = Tagged(
        reader,
        "acm:certificate",
        lambda arn: tags_of(reader.ask("acm", "list_tags_for_certificate", CertificateArn=arn)),
    )

    def read(one: Row) -> Row:
        return {
            "arn": one["CertificateArn"],
            "type": "acm:certificate",
            "name": one.get("DomainName", ""),
            "tags": tagged.of(one["CertificateArn"]),
            "created_at": iso(one.get("CreatedAt") or one.get("ImportedAt")),
            "expires_at": iso(one.get("NotAfter")),
            "status": one.get("Status", ""),
            "kind": one.get("Type", ""),
            "in_use": one.get("InUse"),
            "renews": one.get("RenewalEligibility") == "ELIGIBLE",
        }

    yield from reader.each(read, listed)


@collector("iam.list_server_certificates", iam=("iam:ListServerCertificates",), is_global=True)
def list_server_certificates(reader: Reader) -> Iterator[Row]:
    """{arn, type "iam:server-certificate", name, expires_at}. IAM does not tell what uses one."""
    for one in reader.pages("iam", "list_server_certificates", "ServerCertificateMetadataList", page_size=1000):
        yield {
            "arn": one["Arn"],
            "type": "iam:server-certificate",
            "name": one["ServerCertificateName"],
            "created_at": iso(one.get("UploadDate")),
            "expires_at": iso(one.get("Expiration")),
        }
