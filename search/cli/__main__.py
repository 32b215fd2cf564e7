"""`python -m search.cli`: the same as `paretune`."""

import sys

from search.cli import main

if __name__ == "__main__":
    sys.exit(main())
