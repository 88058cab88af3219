"""A network of the test's own, where it may take any port and be anybody.

enter(ADDRESS...) starts the test again in a network namespace in which loopback
has these IPv4 addresses, too; who is not root has that in a user namespace.
Where there is none to be had the test is skipped.
"""
import fcntl
import os
import socket
import struct
import subprocess
import sys

from tap import skip_all

SET_ADDRESS = 0x8916    # SIOCSIFADDR
GET_FLAGS = 0x8913
SET_FLAGS = 0x8914
UP = 1


def bring_up(addresses):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for i, a in enumerate(addresses):
            fcntl.ioctl(s, SET_ADDRESS, struct.pack(
                '16sHH4s16x', b'lo:%d' % i if i else b'lo', socket.AF_INET, 0,
                socket.inet_aton(a)))
        name = struct.pack('16sH14x', b'lo', 0)
        flags = struct.unpack('16sH14x', fcntl.ioctl(s, GET_FLAGS, name))[1]
        fcntl.ioctl(s, SET_FLAGS, struct.pack('16sH14x', b'lo', flags | UP))


def enter(*addresses):
    if os.environ.get('DRAY_OWN_NET'):
        bring_up(('127.0.0.1',) + addresses)
        return
    how = ['unshare', '-n'] if os.geteuid() == 0 else ['unshare', '-rn']
    try:
        works = subprocess.run(how + ['true'], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL).returncode
    except FileNotFoundError:
        works = 127
    if works != 0:
        skip_all('no network namespace')
    os.environ['DRAY_OWN_NET'] = '1'
    os.execvp('unshare', how + [sys.executable] + sys.argv)
