"""Types, errors, the taxonomy and the pure rules. Nothing here reads a file, a clock or a socket."""
