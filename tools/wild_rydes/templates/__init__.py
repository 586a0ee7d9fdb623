"""Checks of templates that need more than one file. Run with the Python of the environment for checks."""
