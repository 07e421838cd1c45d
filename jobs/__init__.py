"""The steps that move posts on: collect, classify, open_cases, watch, deliver; and the loop that runs them.

Each step is a plain function of a database and a clock. The database is the queue: a step may be run at any time, by
several processes at once, and again after a crash.
"""
