"""What the Trust page is made of: what is measured, how far it is, what came of it."""
