"""The local rule of each operation, one registry per family."""
