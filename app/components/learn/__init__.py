"""The lesson as it is drawn: one module per step, `lesson.STEPS` names them all."""
