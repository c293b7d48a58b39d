"""Tags of what no list shows them of."""

import threading
from collections.abc import Callable, Mapping

from infra_audit.collectors.aws._rows import tags_of
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader

Tags = dict[str, str]


class Tagged:
    """Tags of one type's resources in the reader's region.

    The tagging service lists every tagged resource in a few pages, but says nothing of those without tags, so only
    what it names is believed; the others are asked one by one, and so are all where it will not answer.
    """

    def __init__(self, reader: Reader, kind: str, ask: Callable[[str], Mapping[str, str]]) -> None:
        """`kind` as the tagging service calls it ("lambda:function"); `ask` answers for one ARN, and may raise."""
        self._reader = reader
        self._kind = kind
        self._ask = ask
        self._lock = threading.Lock()
        self._listed: dict[str, Tags] | None = None  # until somebody asks: where there is nothing, nothing has tags

    def of(self, arn: str) -> Tags | None:
        """The resource's tags; None, and a miss, where they could not be read."""
        if arn in (known := self._known()):
            return known[arn]
        try:
            return dict(self._ask(arn))
        except READ_ERRORS as error:
            self._reader.miss(arn, error)
            return None

    def _known(self) -> dict[str, Tags]:
        with self._lock:
            if self._listed is None:
                self._listed = _listed(self._reader, self._kind)
            return self._listed


def _listed(reader: Reader, kind: str) -> dict[str, Tags]:
    pages = reader.pages(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        page_size=100,
        ResourceTypeFilters=[kind],
    )
    try:
        found = {one["ResourceARN"]: tags_of(one) for one in pages}
    except READ_ERRORS:
        return {}
    return {arn: tags for arn, tags in found.items() if tags}
