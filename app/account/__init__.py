"""Where relevance goes: through time, through layers, and as settings change. Pure."""

# Parts of the page Conservation in order; the name stands in the address.
PARTS = {
    "score": "From score to words",
    "time": "Through time",
    "layers": "Layer by layer",
    "settings": "Other settings",
    "precision": "Precision",
}
FIRST = next(iter(PARTS))
