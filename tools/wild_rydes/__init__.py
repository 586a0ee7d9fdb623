"""The tools behind the Makefile's targets. tools/README.md says how they are laid out."""
