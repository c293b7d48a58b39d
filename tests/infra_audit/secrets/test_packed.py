"""Texts inside texts, as machines are given them."""

import base64
import gzip
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from infra_audit.secrets import SecretEngine
from infra_audit.secrets.packed import UNPACKED_LIMIT, detections, parts
from tests.infra_audit.mint import Mint

SECRET = Mint(12).password(20)
SCRIPT = f"#!/bin/sh\nset -e\nexport DB_{'PASS'}{'WORD'}={SECRET}\n".encode()
ENV_FILE = f"APP_ENV=prod\nDB_{'PASS'}{'WORD'}={SECRET}\n".encode()


def found(data):
    return detections(SecretEngine(b"a key for tests"), data)


def cloud_config(content, encoding):
    """cloud-init's `write_files`, its content folded as `base64` does it."""
    folded = "\n".join(f"    {line}" for line in base64.encodebytes(content).decode().split())
    return (
        "#cloud-config\npackages: [nginx]\nwrite_files:\n"
        f"- path: /etc/shop.env\n  encoding: {encoding}\n  content: |\n{folded}\nruncmd:\n- systemctl start shop\n"
    ).encode()


@pytest.mark.parametrize(
    "packed",
    [
        SCRIPT,
        gzip.compress(SCRIPT),
        base64.b64encode(SCRIPT),
        base64.b64encode(gzip.compress(SCRIPT)),
        cloud_config(ENV_FILE, "b64"),
        cloud_config(gzip.compress(ENV_FILE), "gz+b64"),
        b"#!/bin/sh\nbase64 -d > x <<EOF\n" + base64.encodebytes(ENV_FILE * 3).rstrip(b"=\n") + b"\nEOF\nexit\n",
        b"#!/bin/sh\necho " + base64.b64encode(ENV_FILE).rstrip(b"=") + b" | base64 -d > /etc/shop.env\n",
        gzip.compress(cloud_config(gzip.compress(ENV_FILE), "gz+base64")),
        ("<powershell>\n" + ENV_FILE.decode() + "</powershell>").encode("utf-16"),
        base64.b64encode(("<powershell>\n" + ENV_FILE.decode() + "</powershell>").encode("utf-16")),
    ],
    ids=["plain", "gzip", "base64", "gzip in base64", "write_files b64", "write_files gz+b64", "here-document", "piped",
         "gzip of gz+b64", "utf-16", "utf-16 in base64"],
)  # fmt: skip
def test_however_it_is_packed_it_is_found_once(packed):
    [row] = found(packed)

    assert row["rule"] == "assigned-secret"
    assert SECRET not in repr(row)


def test_a_file_written_by_cloud_init_is_told_by_the_line_where_it_begins():
    assert found(cloud_config(ENV_FILE, "b64"))[0]["line"] == 7


def test_a_part_of_several_is_told_by_its_name():
    message = MIMEMultipart()
    message.attach(MIMEText("#cloud-config\npackages: [nginx]\n", "cloud-config"))
    script = MIMEText(SCRIPT.decode(), "x-shellscript")
    script.add_header("Content-Disposition", "attachment", filename="start.sh")
    message.attach(script)

    [row] = found(message.as_bytes())

    assert (row["where"], row["line"]) == ("part 2 (start.sh)", 3)


def test_noise_in_base64_is_left_alone():
    noise = base64.b64encode(bytes(range(256)) * 4).decode()

    assert len(list(parts(f"#!/bin/sh\necho {noise}\n".encode()))) == 1


def test_all_that_is_unpacked_together_has_a_limit():
    bomb = base64.b64encode(gzip.compress(b"a b\n" * (UNPACKED_LIMIT // 8)))
    many = b"\n\n".join(b"echo " + bomb + b" | base64 -d" for _ in range(8))

    assert sum(len(part.data) for part in parts(many)) < UNPACKED_LIMIT + len(many) + 200_000
