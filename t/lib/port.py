"""Ports for daemons that have to be told theirs."""
import random
import socket


def free_port():
    """One that nobody has, below those that the kernel gives to clients: they
    would take it before we do."""
    while True:
        port = random.randrange(10000, 32768)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(('127.0.0.1', port))
                return port
            except OSError:
                pass
