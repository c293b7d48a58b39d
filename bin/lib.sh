# Sourced by the scripts beside it: where the project is, and how a script speaks.
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
SPEAKER="$(basename "$0")"

say() { printf '%s: %s\n' "$SPEAKER" "$*"; }
fail() {
  printf '%s: %s\n' "$SPEAKER" "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
