"""Hooks against the next credential, where repositories hold some."""

from collections.abc import Iterator

from infra_audit.evaluate import Evaluation
from infra_audit.inventory import Inventory
from infra_audit.kit.files import KitFile
from infra_audit.kit.scripts import script

CHECKS = frozenset(
    {
        *("secret_at_head", "secret_in_history", "tf_password_literal", "tf_password_variable_default"),
        *("tf_credentials_in_provider", "cfn_password_literal", "cfn_parameter_default_secret"),
    }
)
README = """# Keep the next credential out

Credentials were found in: {repositories}.

`install-hook.sh` has every commit searched before it is made: one that brings a credential is refused, and one that was
made all the same (`git commit --no-verify`, the way past a false alarm) is mailed to the team. It shows what it would
do until it is given `--run`. The credentials that are there already must be replaced: a hook does not take them out.
"""


def hook_files(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """`hooks/README.md` and `hooks/install-hook.sh` where any repository holds a credential."""
    repositories = sorted({one.repository for one in evaluation.findings if one.check in CHECKS})
    if repositories:
        named = ", ".join(_plain(one) for one in repositories)
        yield KitFile("hooks/README.md", README.format(repositories=named))
        yield KitFile("hooks/install-hook.sh", script("hook_install.sh.txt", {}))


def _plain(name: str) -> str:
    """What a repository is called, as a text that no Markdown reads anything into."""
    return "".join(sign for sign in name if sign.isprintable() and sign not in "`<>[]*|\\")
