"""The benchmarks' commands, a module each."""
