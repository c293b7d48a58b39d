"""What a path says about a credential found there: in a test or an example it is less likely to be a live one."""

import re
from enum import StrEnum
from functools import lru_cache


class PathClass(StrEnum):
    """Where a file stands in its repository. `code` says nothing against a finding."""

    CODE = "code"
    TEST = "test"
    FIXTURE = "fixture"
    DOC = "doc"
    EXAMPLE = "example"
    LOCK = "lock"
    VENDORED = "vendored"

    @property
    def reason(self) -> str:
        """Why a credential found here is less certain; "" for code."""
        return REASONS[self]


REASONS = {
    PathClass.CODE: "",
    PathClass.TEST: "it lies in a test",
    PathClass.FIXTURE: "it lies in test data",
    PathClass.DOC: "it lies in documentation",
    PathClass.EXAMPLE: "it lies in an example",
    PathClass.LOCK: "it lies in a lock file",
    PathClass.VENDORED: "it lies in somebody else's code",
}
LOCK_FILES = re.compile(
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|go\.sum|[\w.-]+\.lock(?:\.hcl)?|"
    r"gemfile\.lock|composer\.lock|poetry\.lock|\.terraform\.lock\.hcl|packages\.lock\.json|gradle\.lockfile)$"
)
PATTERNS = (
    (PathClass.LOCK, LOCK_FILES),
    (
        PathClass.VENDORED,
        re.compile(
            r"(?:^|/)(?:node_modules|vendor|vendored|third[_-]?party|bower_components|site-packages|\.terraform)/"
        ),
    ),
    (
        PathClass.FIXTURE,
        re.compile(r"(?:^|/)(?:fixtures?|__fixtures__|testdata|test[_-]data|mocks?|__mocks__|cassettes|golden)/"),
    ),
    (
        PathClass.TEST,
        re.compile(
            r"(?:^|/)(?:tests?|t|__tests__|specs?|e2e|testing|[\w-]+[._-]tests?)/"
            r"|(?:^|/)(?:test_[^/]*|conftest\.py|[^/]*[._-](?:tests?|spec)\.[a-z0-9]+|[^/]*Tests?\.(?:java|kt|cs|php|scala))$"
        ),
    ),
    (
        PathClass.EXAMPLE,
        re.compile(
            r"(?:^|/)(?:examples?|samples?|demos?|tutorials?|quickstarts?)/"
            r"|(?:^|/)[^/]*[._-](?:example|sample|template|dist|tpl)(?:\.[a-z0-9]+)?$"
        ),
    ),
    (
        PathClass.DOC,
        re.compile(
            r"(?:^|/)(?:docs?|documentation|wiki|man|[^/]+\.(?:egg|dist)-info)/|\.(?:md|mdx|rst|adoc|asciidoc|tex)$|(?:^|/)(?:readme|changelog)[^/]*$"
        ),
    ),
)


@lru_cache(maxsize=4096)
def path_class(path: str) -> PathClass:
    """The first class whose pattern fits; `code` where none does or there is no path."""
    for one, pattern in PATTERNS:
        if pattern.search(path if one is PathClass.TEST else path.lower()):
            return one
    return PathClass.CODE
