"""The tables of papers on explanations, made again with this library: `make papers`."""
