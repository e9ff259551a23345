"""PyTorch state dicts: names of arrays, from which modules are recognized."""
