"""For all tests."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as the command line and the dashboard do
