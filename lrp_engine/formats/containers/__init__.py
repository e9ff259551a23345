"""Bytes to plain arrays and texts, in a child process. Knows nothing of networks.

Everything that parses an untrusted container runs in `worker`, started with `python -I` by
`sandbox`. The modules here use relative imports, the standard library, numpy, h5py, onnx and
landlockpy only, so that the child starts fast and never loads the rest of the package.
"""
