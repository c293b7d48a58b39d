"""Which operating system a server runs, told from what its agent says or from the name of its image."""

import re
from typing import NamedTuple


class System(NamedTuple):
    """Product and version as in the table of support dates, and how people call it."""

    product: str
    version: str

    def __str__(self) -> str:
        return f"{NAMES[self.product]} {self.version}"


NAMES = {
    "almalinux": "AlmaLinux",
    "amazon-linux": "Amazon Linux",
    "centos": "CentOS",
    "centos-stream": "CentOS Stream",
    "debian": "Debian",
    "rhel": "Red Hat Enterprise Linux",
    "rocky": "Rocky Linux",
    "ubuntu": "Ubuntu",
    "windows-server": "Windows Server",
}

# How agents call them, from the start of the name; the more exact first.
PLATFORMS = (
    ("almalinux", "almalinux"),
    ("amazon linux", "amazon-linux"),
    ("centos stream", "centos-stream"),
    ("centos", "centos"),
    ("debian", "debian"),
    ("red hat enterprise linux", "rhel"),
    ("rocky linux", "rocky"),
    ("ubuntu", "ubuntu"),
)
# How their makers name images; the first that fits counts.
IMAGES = (
    (re.compile(r"\bal2023-ami|eks-node-al2023|\bamazon-eks-.*al2023"), "amazon-linux", "2023"),
    (re.compile(r"\bamzn2-|^amazon-eks-(arm64-|gpu-)?node-\d"), "amazon-linux", "2"),
    (re.compile(r"\bamzn-ami-"), "amazon-linux", "1"),
    (re.compile(r"\bubuntu-[a-z]+-(\d\d\.\d\d)"), "ubuntu", ""),
    (re.compile(r"\bdebian-(\d+)-"), "debian", ""),
    (re.compile(r"\brhel-(\d+)[._-]"), "rhel", ""),
    (re.compile(r"\bcentos[- ]stream[- ](?:ec2[- ])?(\d+)"), "centos-stream", ""),
    (re.compile(r"\bcentos(?:[- ]linux)?[- ](\d+)"), "centos", ""),
    (re.compile(r"\brocky-(\d+)-"), "rocky", ""),
    (re.compile(r"\balmalinux os (\d+)"), "almalinux", ""),
    (re.compile(r"\bwindows_server-(\d{4})"), "windows-server", ""),
)
WINDOWS = re.compile(r"windows server (\d{4})")
FIRST_AMAZON_LINUX = re.compile(r"20[01]\d\.\d\d")  # it was numbered by year and month


def of_agent(name: str, version: str) -> System | None:
    """From Systems Manager's PlatformName ("Ubuntu") and PlatformVersion ("20.04"); None for what is not known."""
    lowered = name.lower()
    if found := WINDOWS.search(lowered):
        return System("windows-server", found[1])
    for start, product in PLATFORMS:
        if lowered.startswith(start) and version:
            if product == "amazon-linux" and FIRST_AMAZON_LINUX.match(version):
                return System(product, "1")
            whole = product in {"ubuntu", "amazon-linux"}
            return System(product, version if whole else version.split(".")[0])
    return None


def of_image(name: str) -> System | None:
    """From an image's name, as its maker gives it; None for a name that tells nothing."""
    for pattern, product, version in IMAGES:
        if found := pattern.search(name.lower()):
            return System(product, version or found[1])
    return None
