"""A client of dray-smtpd that sends at a rate, whatever it is answered.

offer.py PORT RATE SECONDS SESSIONS SIZE: on each of some connections a
message when it is its turn, with a recipient of its own; prints a line of JSON:
how many were offered and accepted, and how often each refusal was heard."""
import collections
import json
import socket
import sys
import threading
import time

port, rate, seconds, sessions, size = map(float, sys.argv[1:])
body = (b'From: a@b.example\r\nSubject: x\r\nX-Dray-Stream: bulk\r\n\r\n' +
        (b'x' * 76 + b'\r\n') * int(size / 78) + b'.\r\n')
heard = collections.Counter()
offered = collections.Counter()
lock = threading.Lock()
start = time.time() + 0.5


def reply(f):
    line = f.readline()
    while line[3:4] == b'-':
        line = f.readline()
    return line.rstrip().decode()


def open_one():
    s = socket.create_connection(('127.0.0.1', int(port)), timeout=60)
    f = s.makefile('rb')
    reply(f)
    s.sendall(b'EHLO load.example\r\n')
    reply(f)
    return s, f


def offer(s, f, to):
    """The reply that decides."""
    s.sendall(b'MAIL FROM:<news@b.example>\r\nRCPT TO:<%s@bulk.example>\r\n'
              b'DATA\r\n' % to.encode())
    said = [reply(f) for _ in range(3)]
    if said[2][:3] != '354':
        return next(r for r in said if r[:1] != '2')
    s.sendall(body)
    return reply(f)


def client(k):
    s, f = open_one()
    i = 0
    while True:
        at = start + (i * sessions + k) / rate
        if at > start + seconds:
            break
        time.sleep(max(0, at - time.time()))
        r = offer(s, f, 'o%d.%d' % (k, i))
        if not r:
            raise SystemExit('dray-smtpd hung up')
        i += 1
        with lock:
            offered['all'] += 1
            heard['250' if r[:3] == '250' else r] += 1
    s.close()


threads = [threading.Thread(target=client, args=(k,))
           for k in range(int(sessions))]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(json.dumps({'offered': offered['all'], 'accepted': heard.pop('250', 0),
                  'refused': heard, 'seconds': time.time() - start}))
