"""What a consultant opens each morning: each app adds its own blocks, so that no app knows another's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.models import User


@dataclass(frozen=True)
class Block:
    """A part of the page. `told` gives what its template shows as `told`, or None where there is nothing to say."""

    template: str
    told: Callable[[User], Any]
    order: int


@dataclass(frozen=True)
class ToldBlock:
    template: str
    told: Any


_blocks: dict[str, Block] = {}


def add(block: Block) -> None:
    """Adding the same template again replaces it."""
    _blocks[block.template] = block


def blocks_for(user: User) -> list[ToldBlock]:
    """In their order, without those that have nothing to say."""
    told = ((block.template, block.told(user)) for block in sorted(_blocks.values(), key=lambda block: block.order))
    return [ToldBlock(template, said) for template, said in told if said is not None]
