"""Refuses every connection that leaves this machine.

conftest.py imports this and puts the directory on PYTHONPATH, so that the Python programs that tests start refuse it too.
"""

import ipaddress
import sys


def _refuse_others(event, arguments):
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(address[0]):
        raise AssertionError(f"a test may reach nothing but this machine: {event} to {address}")


def _is_loopback(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


sys.addaudithook(_refuse_others)
