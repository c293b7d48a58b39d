"""`python -m demo`: the flawed company without the rest of the program.

truth                            what is planted, as JSON
account --endpoint-url URL       seed an emulated account that runs already; prints its truth
serve FOLDER                     all of it, until Ctrl-C: endpoint, repositories, state; prints how to audit it
"""

import argparse
import json
import shlex
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from demo.account import COMPANY, REGIONS, SEED, seed_account
from demo.audit import audit
from demo.company import Company, company
from demo.emulator import EmulatorError


def main(arguments: list[str] | None = None) -> int:
    """0: done. 2: bad arguments, told in a line."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except KeyboardInterrupt:
        return 0
    except (OSError, BotoCoreError, ClientError, EmulatorError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--seed", type=int, default=SEED, help="the same seed makes the same company")
    common.add_argument("--now", type=_moment, help="ages are counted back from this moment (ISO, with zone)")
    parser = argparse.ArgumentParser(prog="python -m demo", description=f"The flawed company {COMPANY}.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    truth = commands.add_parser("truth", parents=[common], help="print what is planted, as JSON")
    truth.set_defaults(run=_truth)
    account = commands.add_parser("account", parents=[common], help="seed an emulated account that runs already")
    account.add_argument("--endpoint-url", required=True)
    account.set_defaults(run=_account)
    score = commands.add_parser("score", parents=[common], help="audit the company and score the findings")
    score.set_defaults(run=_score)
    serve = commands.add_parser("serve", parents=[common], help="serve all of it until Ctrl-C")
    serve.add_argument("folder", type=Path, help="an empty folder for repositories and state")
    serve.set_defaults(run=_serve)
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a zone is missing: write 2026-11-20T09:30+00:00")
    return moment


def _truth(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder, company(Path(folder), now=options.now, seed=options.seed) as made:
        _print(made.truth.as_json())


def _account(options: argparse.Namespace) -> None:
    _print(seed_account(options.endpoint_url.rstrip("/"), now=options.now, seed=options.seed).truth.as_json())


def _score(options: argparse.Namespace) -> None:
    """A line a check; what was missed or made up below it."""
    with tempfile.TemporaryDirectory() as folder, company(Path(folder), now=options.now, seed=options.seed) as made:
        results = audit(made, now=options.now).scores(made)
    for one in results:
        sys.stdout.write(f"{one.check:32} {one.planted:4} planted, recall {one.recall:4.0%}, ")
        sys.stdout.write(f"{len(one.false_alarms)} false alarms\n")
        sys.stdout.writelines(f"    missed: {' '.join(key)}\n" for key in one.missed)
        sys.stdout.writelines(f"    false alarm: {' '.join(key)}\n" for key in one.false_alarms)


def _serve(options: argparse.Namespace) -> None:
    options.folder.mkdir(parents=True, exist_ok=True)
    with company(options.folder, now=options.now, seed=options.seed) as made:
        (options.folder / "truth.json").write_text(json.dumps(made.truth.as_json(), indent=2))
        sys.stdout.write(_how_to_audit(made))
        sys.stdout.flush()
        threading.Event().wait()


def _how_to_audit(made: Company) -> str:
    exports = " ".join(
        f"{name}={shlex.quote(value)}"
        for name, value in made.emulator.environment().items()
        if name != "AWS_ENDPOINT_URL"
    )
    parts = ["manage.py discover", f"--client {shlex.quote(COMPANY)}", f"--endpoint-url {made.emulator.url}"]
    parts += [f"--regions {','.join(REGIONS)}"]
    parts += [f"--repo {shlex.quote(str(one))}" for one in made.repositories]
    parts += [f"--tfstate {shlex.quote(str(one))}" for one in made.states]
    return f"{COMPANY} answers at {made.emulator.url}\n{exports} \\\n  {' '.join(parts)}\n"


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
