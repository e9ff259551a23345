"""Where relevance goes: through time, through layers, and as settings change. Pure."""
