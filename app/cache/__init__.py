"""What is kept between runs and users: the only place with `st.cache_*`.

Keys are content hashes and plain values, never arrays: Streamlit samples large ones, and two
different tables would share a result. Arguments that begin with `_` are no part of a key. Results
are frozen, so one object serves everybody.
"""

from app.cache.answers import (
    Target,
    explained,
    explained_by,
    explanations,
    followed,
    layered,
    other_precision,
    predicted,
    swept,
)
from app.cache.files import files_by_session
from app.cache.models import (
    bundled,
    device,
    held,
    proof,
    proof_key,
    read_network,
    sample,
    sample_named,
    text_verdict,
    uploaded,
    warm,
)
from app.cache.reviewed import jobs, review_tables, reviews, sets
from app.cache.trials import upload_columns, upload_rows

__all__ = [
    "Target",
    "bundled",
    "device",
    "explained",
    "explained_by",
    "explanations",
    "files_by_session",
    "followed",
    "held",
    "jobs",
    "layered",
    "other_precision",
    "predicted",
    "proof",
    "proof_key",
    "read_network",
    "review_tables",
    "reviews",
    "sample",
    "sample_named",
    "sets",
    "swept",
    "text_verdict",
    "upload_columns",
    "upload_rows",
    "uploaded",
    "warm",
]
