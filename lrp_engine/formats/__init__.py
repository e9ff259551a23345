"""File formats: bytes in, Network out. Nothing a file says is ever executed.

`containers` turns bytes into plain arrays and texts, in a child process with limits; each module
named in `readers.READERS` turns those into a Network.
"""

from lrp_engine.formats.input_file import SharedFile
from lrp_engine.formats.readers import READERS, Reader, load

__all__ = ["READERS", "Reader", "SharedFile", "load"]
