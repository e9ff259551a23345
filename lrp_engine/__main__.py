"""`python -m lrp_engine`, see `lrp_engine.cli.main`."""

import sys

from lrp_engine.cli.main import main

if __name__ == "__main__":
    sys.exit(main(prog="python -m lrp_engine"))
