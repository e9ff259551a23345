"""The command line: `lrp-lens`, or `python -m lrp_engine`."""
