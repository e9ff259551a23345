"""What the Review page is made of, in the order in which it is read."""
