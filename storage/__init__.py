"""The database: its tables, what is asked of it (queries) and what is done to it (commands).

Every function takes the session it works in, so that the caller decides what commits together.
"""
