"""How trials are written in the storage and in their folders, and read again."""
