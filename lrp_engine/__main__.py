"""`python -m lrp_engine`, see `lrp_engine.cli.main`."""

import sys

from lrp_engine.cli.main import script

if __name__ == "__main__":
    sys.exit(script("python -m lrp_engine"))
