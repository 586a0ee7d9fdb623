"""A module for each command, called as it is typed."""
