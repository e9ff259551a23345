"""What a session has chosen: its keys, its widgets, its address, its file."""
