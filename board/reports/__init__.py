"""Figures of the work: what came in, how fast it was answered, who works on what."""
