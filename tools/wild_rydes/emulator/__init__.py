"""Emulators of AWS: which there are, how each is started, and what they honour."""
