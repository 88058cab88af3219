#!/usr/bin/python3
# Garbage on every socket: it closes that connection and nothing else.  Frames
# as they should be are damaged at random (SEED repeats it).
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import QUICK, ROOM, Instance, Sink
from tap import done, ok, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
CONNECTIONS = 150
seed = int(os.environ.get('SEED') or time.time())
print('# SEED=%d' % seed)
rnd = random.Random(seed)
top = tempfile.mkdtemp(prefix='dray test.')


def u32(n):
    return struct.pack('>I', n)


def text(s):
    return u32(len(s)) + s


def frame(kind, body=b'', version=1, fds=0):
    body = bytes([version]) + kind + body
    return struct.pack('>IH', len(body), fds) + body


DATA = b'Subject: x\r\n\r\nhello\r\n'
GOOD = {
    'queue': [frame(b'M', u32(0) + b'\0' + u32(0) + text(b'a@x.example') +
                    text(b'') * 5),
              frame(b'R', text(b'u@y.example') + b'\0' + text(b'')),
              frame(b'D', DATA), frame(b'E', struct.pack('>Q', len(DATA)))],
    'log': [frame(b'E', struct.pack('>Q', 1) + b'{"type":"Test"}\n'),
            frame(b'E', struct.pack('>Q', 2) + b'{"type":"Test"}\n' * 3)],
    'control': [frame(b'S'), frame(b'L')],
    'send': [frame(b'H', u32(10)),
             frame(b'U', u32(1) + b'\0' + u32(6) + struct.pack('>Q', 0) +
                   u32(1) * 2 + text(b'127.0.0.1')),
             frame(b'R', u32(1) * 2 + b'dB' + u32(1) * 4 + u32(1) +
                   struct.pack('>H', 250) + b'd' + text(b'2.0.0') +
                   text(b'fine')),
             frame(b'E', u32(1) + b'xd\0' + struct.pack('>H', 0) + text(b'') +
                   text(b'gone') + u32(0) + struct.pack('>Q', 0) + u32(0)),
             frame(b'X', u32(1) * 2 + text(b'why'))],
}


def damaged(frames):
    b = bytearray(b''.join(frames))
    how = rnd.randrange(8)
    at = rnd.randrange(len(b))
    if how == 0:
        return rnd.randbytes(rnd.randrange(1, 300))
    if how == 1:
        return bytes(b[:at])
    if how == 2:
        b[at:at] = rnd.randbytes(rnd.randrange(1, 9))
    elif how == 3:
        del b[at:at + rnd.randrange(1, 9)]
    elif how == 4:
        return struct.pack('>IH', rnd.choice([0, 1, 65537, 131073, 1 << 31,
                                              0xffffffff]),
                           rnd.choice([0, 1, 65535])) + bytes(b)
    elif how == 5:
        return b''.join(rnd.choice(frames) for _ in range(20))
    elif how == 6:
        return frame(bytes([rnd.randrange(256)]), bytes(b), rnd.randrange(3))
    else:
        for _ in range(rnd.randrange(1, 6)):
            b[rnd.randrange(len(b))] ^= 1 << rnd.randrange(8)
    return bytes(b)


def connect(base, name):
    s = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(base + '/sock')
    try:
        s.connect(name)
    finally:
        os.chdir(here)
    s.settimeout(0.02)
    return s


def one(base, name, data):
    s = connect(base, name)
    try:
        s.sendall(data)
        while s.recv(65536):
            pass
    except OSError:
        pass
    s.close()


def attack(base, name):
    """In processes of their own, so that no descriptor is left open here."""
    made = 0
    while made < CONNECTIONS:
        datas = [damaged(GOOD[name]) for _ in range(10)]
        pid = os.fork()
        if pid == 0:
            for d in datas:
                one(base, name, d)
            os._exit(0)
        os.waitpid(pid, 0)
        made += 10


ledger = top + '/ledger'
open(ledger, 'w').close()
sink = Sink(BUILD, ['-c', ledger])
inst = Instance(BUILD, top, sink.port, ROOM + QUICK)
errors = os.open(top + '/errors', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
try:
    saved = os.dup(2)
    os.dup2(errors, 2)
    inst.start()
    os.dup2(saved, 2)
    for name in GOOD:
        attack(top, name)
        ok(all(p.poll() is None for p in inst.procs.values()),
           name + ': no daemon ended',
           {d: p.poll() for d, p in inst.procs.items()})
        r = subprocess.run([inst.bin + '/dray-inject', '-i', '-f',
                            'a@sender.example', '--',
                            name + '@after.example'], input=DATA,
                           env=dict(os.environ, DRAY_BASE=top))

        def there():
            with open(ledger) as f:
                return ' %s@after.example ' % name in f.read()
        ok(r.returncode == 0 and until(there), name + ': mail goes on')
        s = connect(top, 'control')
        s.settimeout(20)
        s.sendall(frame(b'S'))
        ok(s.recv(100)[7:8] == b'S', name + ': dray-send answers')
        s.close()
    ok(until(inst.empty), 'the queue becomes empty')
    for d in ('dray-queued', 'dray-log', 'dray-send'):
        with open(top + '/errors', errors='replace') as f:
            n = sum(line.startswith(d + ':') for line in f)
        ok(n < CONNECTIONS // 2, '%s says less than it hears' % d, n)
    inst.stop()
    rc, out = inst.fsck()
    ok(rc == 0, 'dray-fsck is content', out)
finally:
    inst.stop(9)
    sink.p.kill()
    sink.p.wait()
    if os.environ.get('KEEP') != '1':
        shutil.rmtree(top)
done()
