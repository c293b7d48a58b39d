"""How fast this process asks AWS at most: one pace for everything that it reads."""

from functools import cache

from django.conf import settings

from infra_audit.collectors.aws.throttle import Limits, Throttle


def limits() -> Limits:
    """As the settings say: AWS_REQUESTS_PER_SECOND and AWS_REQUESTS_IN_ALL."""
    return Limits(lane_per_second=settings.AWS_REQUESTS_PER_SECOND, overall_per_second=settings.AWS_REQUESTS_IN_ALL)


@cache
def throttle() -> Throttle:
    return Throttle(limits())
