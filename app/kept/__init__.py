"""What the server keeps on its disk for whoever has the key: whole or not at all, until it goes."""
