"""The case beside the list: what was said, what the model makes of it, the work on it and its history."""
