"""What "backward" means: the calculus and its rules, and the program they are compiled into."""
