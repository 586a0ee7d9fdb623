"""A proxy between the functions and the emulator, in which calls to AWS fail, are counted, and meet quotas."""
