"""That no test can reach a network."""

import socket
import subprocess
import sys

import pytest

ELSEWHERE = ("192.0.2.1", 80)  # set aside for documentation: RFC 5737
CONNECT = f"import socket; socket.create_connection({ELSEWHERE}, timeout=5)"


def test_no_test_reaches_another_machine():
    for name in ("connect", "connect_ex"):
        with socket.socket() as one, pytest.raises(AssertionError, match="nothing but this machine"):
            getattr(one, name)(ELSEWHERE)
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(AssertionError, match="nothing but this machine"):
        one.sendto(b"", ELSEWHERE)


def test_no_program_that_a_test_starts_does():
    done = subprocess.run([sys.executable, "-c", CONNECT], capture_output=True, text=True)
    assert "AssertionError: a test may reach nothing but this machine" in done.stderr


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        socket.create_connection(("localhost", server.getsockname()[1])).close()
