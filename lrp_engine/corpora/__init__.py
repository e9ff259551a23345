"""Whole corpora: a table of texts in, Parquet parts of explanations out, resumable at any moment.

    reading -> shards -> workers or cluster -> parts -> folder

`run` holds these together. A shard, some thousand rows in order, is the unit of everything: what is
computed, sent, written and skipped when a run goes on.
"""
