"""Until when a version gets security fixes: one table, with the day it was compiled and where it is from.

What the table does not hold is not known: nobody may conclude from it that a version is fine. An entry without an end
says that none was announced by then, which is worth something only as long as the table is young.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from infra_audit.support_runtimes import RUNTIMES

COMPILED = date(2026, 5, 20)
OLD_AFTER_DAYS = 365
SOURCES = (
    "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MariaDB.Concepts.VersionMgmt.html",
    "https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.VersionPolicy.html",
    "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html",
    "https://docs.aws.amazon.com/documentdb/latest/developerguide/docdb-version-support-dates.html",
    "https://docs.aws.amazon.com/neptune/latest/userguide/engine-releases.html",
    "https://learn.microsoft.com/lifecycle/products/",
    "https://devguide.python.org/versions/",
    "https://nodejs.org/en/about/previous-releases",
    "https://www.ruby-lang.org/en/downloads/branches/",
    "https://www.php.net/supported-versions.php",
    "https://go.dev/doc/devel/release",
    "https://adoptium.net/support/",
    "https://dotnet.microsoft.com/platform/support/policy/dotnet-core",
    "https://alpinelinux.org/releases/",
    "https://endoflife.date/",
)
NOT_ANNOUNCED = ""

# Product → version → (end of support, end of what may be paid for beyond it). Days are the last ones with support.
TABLE: dict[str, dict[str, tuple[str, str]]] = {
    "lambda": {
        "nodejs24.x": ("2028-04-30", ""),
        "nodejs22.x": ("2027-04-30", ""),
        "nodejs20.x": ("2026-04-30", ""),
        "nodejs18.x": ("2025-09-01", ""),
        "nodejs16.x": ("2024-06-12", ""),
        "nodejs14.x": ("2023-12-04", ""),
        "nodejs12.x": ("2023-03-31", ""),
        "nodejs10.x": ("2021-07-30", ""),
        "nodejs8.10": ("2020-03-06", ""),
        "nodejs6.10": ("2019-08-12", ""),
        "nodejs4.3-edge": ("2020-03-05", ""),
        "nodejs4.3": ("2020-03-05", ""),
        "nodejs": ("2016-10-31", ""),
        "python3.14": ("2029-06-30", ""),
        "python3.13": ("2029-06-30", ""),
        "python3.12": ("2028-10-31", ""),
        "python3.11": ("2027-06-30", ""),
        "python3.10": ("2026-10-31", ""),
        "python3.9": ("2025-12-15", ""),
        "python3.8": ("2024-10-14", ""),
        "python3.7": ("2023-12-04", ""),
        "python3.6": ("2022-07-18", ""),
        "python2.7": ("2021-07-15", ""),
        "java25": ("2029-06-30", ""),
        "java21": ("2029-06-30", ""),
        "java17": ("2027-06-30", ""),
        "java11": ("2027-06-30", ""),
        "java8.al2": ("2027-06-30", ""),
        "java8": ("2024-01-08", ""),
        "dotnet10": ("2028-11-14", ""),
        "dotnet9": ("2026-11-10", ""),
        "dotnet8": ("2026-11-10", ""),
        "dotnet7": ("2024-05-14", ""),
        "dotnet6": ("2024-12-20", ""),
        "dotnet5.0": ("2022-05-10", ""),
        "dotnetcore3.1": ("2023-04-03", ""),
        "dotnetcore2.1": ("2022-01-05", ""),
        "dotnetcore2.0": ("2019-05-30", ""),
        "dotnetcore1.0": ("2019-06-27", ""),
        "ruby3.4": ("2028-03-31", ""),
        "ruby3.3": ("2027-03-31", ""),
        "ruby3.2": ("2026-03-31", ""),
        "ruby2.7": ("2023-12-07", ""),
        "ruby2.5": ("2021-07-30", ""),
        "go1.x": ("2024-01-08", ""),
        "provided.al2023": ("2029-06-30", ""),
        "provided.al2": ("2026-07-31", ""),
        "provided": ("2024-01-08", ""),
    },
    "postgres": {
        "17": ("2030-02-28", "2033-02-28"),
        "16": ("2029-02-28", "2032-02-29"),
        "15": ("2028-02-29", "2031-02-28"),
        "14": ("2027-02-28", "2030-02-28"),
        "13": ("2026-02-28", "2029-02-28"),
        "12": ("2025-02-28", "2028-02-29"),
        "11": ("2024-02-29", "2027-03-31"),
        "10": ("2023-04-30", ""),
        "9": ("2022-04-30", ""),
    },
    "mysql": {
        "8.4": ("2029-07-31", "2032-07-31"),
        "8.0": ("2026-07-31", "2029-07-31"),
        "5.7": ("2024-02-29", "2027-02-28"),
        "5.6": ("2022-03-01", ""),
        "5.5": ("2021-05-25", ""),
    },
    "mariadb": {
        "11.8": ("2030-06-30", ""),
        "11.4": ("2029-05-31", ""),
        "10.11": ("2028-02-29", ""),
        "10.6": ("2026-08-31", ""),
        "10.5": ("2026-02-28", ""),
        "10.4": ("2025-02-28", ""),
        "10.3": ("2023-10-23", ""),
        "10.2": ("2022-10-15", ""),
    },
    "aurora-postgresql": {
        "17": ("2030-02-28", "2033-02-28"),
        "16": ("2029-02-28", "2032-02-29"),
        "15": ("2028-02-29", "2031-02-28"),
        "14": ("2027-02-28", "2030-02-28"),
        "13": ("2026-02-28", "2029-02-28"),
        "12": ("2025-02-28", "2028-02-29"),
        "11": ("2024-02-29", "2027-03-31"),
        "10": ("2023-01-31", ""),
        "9": ("2022-01-31", ""),
    },
    "aurora-mysql": {
        "8.0": ("2028-04-30", "2029-07-31"),
        "5.7": ("2024-10-31", "2027-02-28"),
        "5.6": ("2023-02-28", ""),
    },
    "docdb": {
        "5.0": (NOT_ANNOUNCED, ""),
        "4.0": (NOT_ANNOUNCED, ""),
        "3.6": ("2026-03-30", "2029-03-30"),
    },
    "neptune": {
        "1.4": ("2027-03-06", ""),
        "1.3": ("2027-03-06", ""),
        "1.2": ("2026-12-04", ""),
        "1.1.1": ("2026-12-04", ""),
        "1.1.0": ("2025-03-15", ""),
        "1.0": ("2023-01-30", ""),
    },
    "sqlserver": {
        "16": ("2033-01-11", ""),
        "15": ("2030-01-08", ""),
        "14": ("2027-10-12", ""),
        "13": ("2026-07-14", ""),
        "12": ("2024-07-09", ""),
        "11": ("2022-07-12", ""),
    },
    "oracle": {
        "18": ("2021-06-30", ""),
        "12.2": ("2022-03-31", ""),
        "12.1": ("2022-07-31", ""),
        "11.2": ("2020-12-31", ""),
    },
    "eks": {
        "1.35": ("2027-03-27", "2028-03-27"),
        "1.34": ("2026-12-02", "2027-12-02"),
        "1.33": ("2026-07-29", "2027-07-29"),
        "1.32": ("2026-03-23", "2027-03-23"),
        "1.31": ("2025-11-26", "2026-11-26"),
        "1.30": ("2025-07-23", "2026-07-23"),
        "1.29": ("2025-03-23", "2026-03-23"),
        "1.28": ("2024-11-26", "2025-11-26"),
        "1.27": ("2024-07-24", "2025-07-24"),
        "1.26": ("2024-06-11", "2025-06-11"),
        "1.25": ("2024-05-01", "2025-05-01"),
        "1.24": ("2024-01-31", "2025-01-31"),
        "1.23": ("2023-10-11", "2024-10-11"),
        "1.22": ("2023-06-04", "2024-09-01"),
        "1.21": ("2023-02-16", "2024-07-15"),
        "1.20": ("2022-11-01", ""),
        "1.19": ("2022-08-01", ""),
        "1.18": ("2022-08-15", ""),
    },
    "redis": {
        "7": (NOT_ANNOUNCED, ""),
        "6": ("2027-01-31", "2030-01-31"),
        "5": ("2026-01-31", "2029-01-31"),
        "4": ("2026-01-31", "2029-01-31"),
        "3": ("2023-07-31", ""),
        "2": ("2023-01-13", ""),
    },
    "valkey": {
        "8.2": (NOT_ANNOUNCED, ""),
        "8.1": (NOT_ANNOUNCED, ""),
        "8.0": (NOT_ANNOUNCED, ""),
        "7.2": (NOT_ANNOUNCED, ""),
    },
    "amazon-linux": {
        "2023": ("2029-06-30", ""),
        "2": ("2026-06-30", ""),
        "1": ("2023-12-31", ""),
    },
    "ubuntu": {
        "26.04": ("2031-04-30", "2036-04-30"),
        "25.10": ("2026-07-01", ""),
        "25.04": ("2026-01-17", ""),
        "24.10": ("2025-07-10", ""),
        "24.04": ("2029-05-31", "2036-05-31"),
        "23.10": ("2024-07-12", ""),
        "23.04": ("2024-01-20", ""),
        "22.10": ("2023-07-20", ""),
        "22.04": ("2027-04-01", "2032-04-09"),
        "21.10": ("2022-07-14", ""),
        "21.04": ("2022-01-20", ""),
        "20.10": ("2021-07-22", ""),
        "20.04": ("2025-05-31", "2030-04-02"),
        "18.04": ("2023-05-31", "2028-04-01"),
        "16.04": ("2021-04-02", "2026-04-02"),
        "14.04": ("2019-04-02", "2024-04-02"),
        "12.04": ("2017-04-28", "2019-04-26"),
    },
    "debian": {  # with the long-term support, which costs nothing
        "13": ("2030-06-30", ""),
        "12": ("2028-06-10", ""),
        "11": ("2026-08-31", ""),
        "10": ("2024-06-30", ""),
        "9": ("2022-07-01", ""),
        "8": ("2020-06-30", ""),
        "7": ("2018-05-31", ""),
    },
    "rhel": {
        "9": ("2032-05-31", "2035-05-31"),
        "8": ("2029-05-31", "2032-05-31"),
        "7": ("2024-06-30", "2028-06-30"),
        "6": ("2020-11-30", "2024-06-30"),
        "5": ("2017-03-31", "2020-11-30"),
    },
    "centos": {
        "8": ("2021-12-31", ""),
        "7": ("2024-06-30", ""),
        "6": ("2020-11-30", ""),
    },
    "centos-stream": {
        "9": ("2027-05-31", ""),
        "8": ("2024-05-31", ""),
    },
    "rocky": {
        "9": ("2032-05-31", ""),
        "8": ("2029-05-31", ""),
    },
    "almalinux": {
        "9": ("2032-05-31", ""),
        "8": ("2029-03-01", ""),
    },
    "windows-server": {
        "2025": ("2034-10-10", ""),
        "2022": ("2031-10-14", ""),
        "2019": ("2029-01-09", ""),
        "2016": ("2027-01-12", "2030-01-12"),
        "2012": ("2023-10-10", "2026-10-13"),
        "2008": ("2020-01-14", "2023-01-10"),
        "2003": ("2015-07-14", ""),
    },
    **RUNTIMES,
}


class Standing(StrEnum):
    """Where a version stands on a day."""

    SUPPORTED = "supported"
    EXTENDED = "extended"  # past its end; fixes go on for those who pay
    ENDED = "ended"


@dataclass(frozen=True)
class Support:
    """One line of the table. `ends` is None where no end was announced; `extended` where nothing can be paid for."""

    product: str
    version: str
    ends: date | None
    extended: date | None

    def on(self, day: date) -> Standing | None:
        """How it stands; None where no end was announced and the table is too old to say that there is none yet."""
        if self.ends is None:
            return None if is_old(day) else Standing.SUPPORTED
        if day <= self.ends:
            return Standing.SUPPORTED
        return Standing.EXTENDED if self.extended and day <= self.extended else Standing.ENDED


def support_of(product: str, version: str) -> Support | None:
    """The line of a version, the most exact first: "8.0.35", then "8.0", then "8". None where there is none."""
    known = TABLE.get(product, {})
    parts = version.split(".")
    for length in range(len(parts), 0, -1):
        found = ".".join(parts[:length])
        if found in known:
            ends, extended = known[found]
            return Support(product, found, _day(ends), _day(extended))
    return None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def is_old(day: date) -> bool:
    """True where the table was compiled more than a year before."""
    return (day - COMPILED).days > OLD_AFTER_DAYS


def warning(now: datetime) -> str:
    """What a reader must be told of an old table; "" while it is young."""
    if not is_old(now.date()):
        return ""
    return (
        f"The table of support dates is from {COMPILED.isoformat()}, more than a year old: dates may have moved since,"
        " and newer versions are not in it."
    )
