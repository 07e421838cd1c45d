"""What the board reads: the queue under a filter, one case with everything in it, and the choices of the filters."""
