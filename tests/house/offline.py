"""Run a command in a network namespace that has loopback and nothing else.

    python tests/house/offline.py COMMAND [ARGUMENT...]

libcurl opens its own sockets, which a patched Python socket does not see; the kernel does. Root
gets a network namespace, another user a user namespace around one. Where the system allows neither,
one line says so and the command runs as it is: tests/conftest.py still guards Python's own sockets.
"""

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def unshare(flags: int) -> None:
    """Move this process into new namespaces. ``os.unshare`` is newer than Python 3.11."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def leave_network() -> None:
    """Enter an empty network namespace, as the same user as before."""
    user, group = os.getuid(), os.getgid()
    if user == 0:
        unshare(CLONE_NEWNET)
        return
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def raise_loopback() -> None:
    """Set ``lo`` up: a new namespace has it down. Done here since ``ip`` may not be installed."""
    import fcntl  # not on Windows

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = fcntl.ioctl(probe, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def main(command: list[str]) -> None:
    """Cut the network off if the system allows it, then become the command."""
    try:
        if sys.platform != "linux":
            raise OSError(0, f"{sys.platform} has no network namespaces")
        leave_network()
        raise_loopback()
    except OSError as error:
        print(f"offline: network not cut off for libcurl: {error.strerror}", file=sys.stderr)
    os.execvp(command[0], command)  # noqa: S606 - the caller's own command, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
