"""Everything that opens a socket. It is not in the downloaded archive."""
