"""`python -m infra_audit.hook pre-commit|post-commit`, for the installed hooks."""

import sys

from infra_audit.hook.running import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
