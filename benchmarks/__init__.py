"""What the engine and the dashboard cost: time and memory, measured."""
