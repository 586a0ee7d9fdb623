"""`make bench`: what the functions cost, beside what others would. A part is a module with one function, `run`, which measures,
prints its table and its verdict, and returns what goes into the results. `parts.py` names them all.
"""
