"""From bytes to values: every format we read. Pure: bytes in, Profile, LoadResult or DecodeError out."""
