"""Files that browsers sent: Streamlit keeps them, by session, until the session ends."""

from __future__ import annotations

from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager


def files_by_session() -> dict[str, int]:
    """Bytes of the files that each session holds."""
    if not runtime.exists():  # as in a session of a test
        return {}
    manager = runtime.get_instance().uploaded_file_mgr
    assert isinstance(manager, MemoryUploadedFileManager)
    return {
        session: sum(len(file.data) for file in list(files.values()))
        for session, files in list(manager.file_storage.items())
    }
