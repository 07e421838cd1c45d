"""Alert rules and what becomes of them: what they see, their incidents, and who is to be told."""
