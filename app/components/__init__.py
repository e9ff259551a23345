"""Parts of pages: each draws one thing and names no session key."""
