"""The project's own format."""
