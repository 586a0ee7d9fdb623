"""The replacements for some of what emulators do. They run in the emulators' own environments, and in containers."""
