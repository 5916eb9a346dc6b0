"""Whether the ports that will be needed are free."""

import errno
import socket

# A browser that is told "localhost" tries both, so a stranger on either would answer in our place.
LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
OBSTACLES = {errno.EADDRINUSE: "another program uses it", errno.EACCES: "it takes more rights than you have"}


def obstacle(port: int) -> str:
    """Why a server may not listen on the port, or nothing."""
    return next(filter(None, (_obstacle(family, host, port) for family, host in LOOPBACK)), "")


def _obstacle(family: socket.AddressFamily, host: str, port: int) -> str:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do it: ports of connections that have just ended count as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        # Anything else means that this machine has no such address, as is common with IPv6.
        return OBSTACLES.get(error.errno or 0, "")
    return ""
