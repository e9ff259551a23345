"""LRP Lens dashboard."""
