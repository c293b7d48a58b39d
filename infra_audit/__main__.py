"""`python -m infra_audit`: the engine without the web."""

import sys

from infra_audit.cli import main

if __name__ == "__main__":
    sys.exit(main())
