"""What a first visit is told: three steps, each about a place of the page Explain."""

from __future__ import annotations

# Titles, sentences, and CSS selectors of the places they are about.
STEPS = (
    {
        "title": "Ask about a text",
        "text": "Type a sentence, or pick an example. The model answers as you type.",
        "place": "[data-testid=stTextArea]",
    },
    {
        "title": "Read the colours",
        "text": "Coloured words pushed the decision. The legend below them says which way.",
        "place": ".lens-rows .lrp-words",
    },
    {
        "title": "Click a word",
        "text": "See its share of the score, and what changes when you drop or replace it.",
        "place": ".lens-rows .lrp-word",
    },
)
