"""Explanations as people see them: words, colours, HTML, SVG, terminal. No TensorFlow."""
