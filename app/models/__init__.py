"""Models as the dashboard knows them: bundled, sample or uploaded."""
