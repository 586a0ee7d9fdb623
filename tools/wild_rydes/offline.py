"""Leaves a process with the loopback interface only."""

import ctypes
import fcntl
import os
import socket
import struct

# linux/sched.h and linux/if.h
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
# The name of an interface (IFNAMSIZ bytes), and its flags.
IFREQ = struct.Struct("16sh14x")


def go_offline() -> bool:
    """Moves this process, and all that it starts from now on, into a network of its own, if the system lets it.

    A browser gives up its requests whenever the machine's network changes (`ERR_NETWORK_CHANGED`), as it does when a container
    starts. And what works here needs no network.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        return False
    # The superuser needs no other users, and keeps the rights to its files.
    users = 0 if os.geteuid() == 0 else CLONE_NEWUSER
    if libc.unshare(users | CLONE_NEWNET):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, IFREQ.pack(b"lo", IFF_UP))
    return True
