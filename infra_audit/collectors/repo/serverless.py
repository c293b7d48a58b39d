"""The CloudFormation inside a `serverless.yml`: what stands under `resources`, and what is only fetched there.

https://www.serverless.com/framework/docs/providers/aws/guide/resources: one template, or a list of them, in which any
value may be `${file(…)}`, filled in when it is deployed.
"""

import re
from collections.abc import Iterator

from infra_audit.collectors.repo.nodes import Node, Shape

SERVERLESS = re.compile(r"(?:^|/)serverless(?:[._-][\w-]+)*\.(?:ya?ml|json)$", re.IGNORECASE)
FILLED_IN = re.compile(r"\$\{")
FALLBACK = re.compile(r",[^{}]*(?=\})")  # of `${ssm:/name, 'else'}`, which may be a password
TAGGING = re.compile(r"tag", re.IGNORECASE)


def is_serverless(path: str) -> bool:
    return bool(SERVERLESS.search(path))


def templates_in(root: Node) -> Iterator[Node]:
    """The templates that stand in the file itself."""
    return (part for part in _parts(root) if part.shape is Shape.MAPPING)


def fetched(root: Node) -> list[str]:
    """What stands for templates or resources that come from elsewhere, as it is written, without fallbacks."""
    held = (part.get("Resources") for part in templates_in(root))
    places = [*_parts(root), *(one for part in held if part for one in (part, *_bodies(part)))]
    return [FALLBACK.sub(", …", one.text) for one in places if one.shape is Shape.SCALAR and FILLED_IN.search(one.text)]


def gives_stack_tags(root: Node) -> bool:
    """`stackTags` are those of the stack, which passes them on; `tags` are those of functions."""
    provider = root.get("provider")
    tags = provider.get("stackTags") if provider else None
    return tags is not None and bool(tags.items or tags.text)


def tagging_plugins(root: Node) -> list[str]:
    """Plugins that by their name give tags."""
    plugins = root.get("plugins")
    return [one.text for one in plugins.items if TAGGING.search(one.text)] if plugins else []


def _parts(root: Node) -> list[Node]:
    node = root.get("resources")
    if node is None:
        return []
    return node.items if node.shape is Shape.SEQUENCE else [node]


def _bodies(resources: Node) -> Iterator[Node]:
    return (body for _name, _key, body in resources.pairs())
