"""Which environment a resource belongs to: from its tags, else from its name, else unknown."""

import re
from collections.abc import Mapping

TAG_KEYS = ("environment", "env", "stage")
NAMES = {
    "prod": "prod",
    "production": "prod",
    "prd": "prod",
    "live": "prod",
    "stage": "staging",
    "staging": "staging",
    "stg": "staging",
    "preprod": "staging",
    "uat": "staging",
    "dev": "dev",
    "development": "dev",
    "sandbox": "dev",
    "test": "test",
    "testing": "test",
    "qa": "test",
    "ci": "test",
}


def environment_of(tags: Mapping[str, str], name: str = "") -> str | None:
    """`prod`, `staging`, `dev`, `test`, the tag's own word in lower case, or None where nothing says."""
    lowered = {key.lower(): value.strip().lower() for key, value in tags.items()}
    for key in TAG_KEYS:
        if word := lowered.get(key):
            return NAMES.get(word, word)
    for part in re.split(r"[^a-z0-9]+", name.lower()):
        if part in NAMES:
            return NAMES[part]
    return None


def is_production_like(environment: str) -> bool:
    """True unless the environment is known to be one where a loss would hurt nobody outside the team."""
    return environment not in {"dev", "test"}
