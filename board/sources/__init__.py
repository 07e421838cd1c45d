"""The sources: how each is doing, what may have been missed, and the little that a person can do about it."""
