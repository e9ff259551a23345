"""Rows of a comparison: what each explains, how far they agree, how they are drawn. Pure."""
