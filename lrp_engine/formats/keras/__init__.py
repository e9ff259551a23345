"""Keras files: a graph of layers in JSON, arrays in HDF5."""
