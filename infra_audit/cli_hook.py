"""The command that puts hooks into a repository, so that no credential is committed."""

import argparse
import sys

from infra_audit.hook.installing import HOOKS, install, uninstall
from infra_audit.hook.running import FOUND, main


def add_hook(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    put = actions.add_parser("install", help="search each commit of this repository, and mail the team")
    put.add_argument("--mail", default="", metavar="TEAM", help="who is told of a credential that was committed")
    put.set_defaults(run=_install)
    out = actions.add_parser("uninstall", help="take the hooks out again, and put back those that were there")
    out.set_defaults(run=_uninstall)
    for one in (put, out):
        one.add_argument("--global", dest="everywhere", action="store_true", help="for all repositories of this user")
    run = actions.add_parser("run", help="search now, as a hook would")
    run.add_argument("hook", choices=HOOKS)
    run.set_defaults(run=_run)


def _install(options: argparse.Namespace) -> None:
    folder = install(mail=options.mail, everywhere=options.everywhere)
    sys.stdout.write(f"Each commit is searched for credentials from now on, by the hooks in {folder}.\n")


def _uninstall(options: argparse.Namespace) -> None:
    folder = uninstall(everywhere=options.everywhere)
    sys.stdout.write(f"The hooks in {folder} are as they were before.\n")


def _run(options: argparse.Namespace) -> int:
    status = main([options.hook])
    return 1 if status == FOUND else status
