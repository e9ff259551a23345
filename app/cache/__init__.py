"""What is kept between runs and users, in shares of memory: the only place with `st.cache_*`.

Keys are content hashes and plain values, never arrays: Streamlit samples large ones, and two
different tables would share a result. Arguments that begin with `_` are no part of a key. Results
are frozen, so one object serves everybody.
"""

from app.cache.answers import (
    Target,
    ablated,
    deleted,
    explained,
    explained_by,
    flipped,
    followed,
    labelled,
    layered,
    left_out,
    other_precision,
    predicted,
    swept,
)
from app.cache.dropped import taken, tried
from app.cache.files import files_by_session
from app.cache.kept import kept_models, links, reopened
from app.cache.memory import answers, memory, reading
from app.cache.models import (
    bundled,
    device,
    proof,
    proof_key,
    sample,
    sample_named,
    text_verdict,
    uploaded,
    warm,
)
from app.cache.reviewed import jobs, review_tables, reviews, sets
from app.cache.scales import compute_typical_scale, has_typical_scale, typical_scale
from app.cache.trials import (
    UploadedTable,
    upload_canonical,
    upload_dialect,
    upload_labels,
    upload_preview,
    upload_rows,
)
from app.cache.trusted import evaluations, measured

__all__ = [
    "Target",
    "UploadedTable",
    "ablated",
    "answers",
    "bundled",
    "compute_typical_scale",
    "deleted",
    "device",
    "evaluations",
    "explained",
    "explained_by",
    "files_by_session",
    "flipped",
    "followed",
    "has_typical_scale",
    "jobs",
    "kept_models",
    "labelled",
    "layered",
    "left_out",
    "links",
    "measured",
    "memory",
    "other_precision",
    "predicted",
    "proof",
    "proof_key",
    "reading",
    "reopened",
    "review_tables",
    "reviews",
    "sample",
    "sample_named",
    "sets",
    "swept",
    "taken",
    "text_verdict",
    "tried",
    "typical_scale",
    "upload_canonical",
    "upload_dialect",
    "upload_labels",
    "upload_preview",
    "upload_rows",
    "uploaded",
    "warm",
]
