"""The board: the pages that responders work in, the sign-in before them and the gate around them."""
