"""The command line: `python -m lrp_engine`."""
