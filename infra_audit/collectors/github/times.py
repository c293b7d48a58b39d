"""How far back GitHub is asked about what happened."""

from datetime import datetime, timedelta

YEAR = timedelta(days=366)


def since(now: datetime) -> datetime:
    return now - YEAR


def is_before(text: object, moment: datetime) -> bool:
    """True too where it is no date: what has not happened is not recent."""
    try:
        return datetime.fromisoformat(str(text)) < moment
    except (ValueError, TypeError):
        return True
