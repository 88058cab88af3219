"""Bundles as dray-spool(5) has them, written from the page and not with
dray's own code; and ways to damage them.

usage: bundle.py DIRECTORY DAMAGE [RECIPIENT-DOMAIN]   prints the name
       bundle.py list                                  every DAMAGE

The checksums are right again after a DAMAGE unless it is one of checksums, so
that what lies behind them is reached.
"""
import os
import struct
import sys
import time

PAGE = 4096


def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for octet in data:
        crc = crc >> 8 ^ TABLE[(crc ^ octet) & 255]
    return crc ^ 0xFFFFFFFF


def u16(n):
    return struct.pack('>H', n)


def u32(n):
    return struct.pack('>I', n & 0xFFFFFFFF)


def u64(n):
    return struct.pack('>Q', n & 0xFFFFFFFFFFFFFFFF)


def text(s):
    return u32(len(s)) + s


def page_up(n):
    return (n + PAGE - 1) // PAGE * PAGE


class Rcpt:
    def __init__(self, local, notify=0, orcpt=b'', row=None):
        self.local, self.notify, self.orcpt = local, notify, orcpt
        self.row = row

    def block(self):
        notify = self.notify | (0 if self.row is None else 128)
        return (u16(len(self.local)) + self.local + bytes([notify]) +
                u16(len(self.orcpt)) + self.orcpt +
                (b'' if self.row is None else text(self.row)))


class Run:
    def __init__(self, domain, rcpts):
        self.domain, self.rcpts = domain, rcpts
        self.first = self.count = self.crc = self.offset = None
        self.junk = b''

    def block(self):
        return b''.join(r.block() for r in self.rcpts) + self.junk


class Message:
    def __init__(self, octets, runs):
        self.octets, self.runs = octets, runs
        self.flags = 1 if octets.startswith(b'.') or b'\n.' in octets else 0
        self.plain = len(octets) - octets.count(b'\n.')
        self.number = self.offset = self.crc = None
        self.first = self.nrcpt = self.nrun = self.stored = None
        self.sender, self.envid, self.ret = b'from@sender.test', b'', 0
        self.names = [b'bulk', b'', b'', b'']
        self.start, self.windows = 0, []
        self.version = 2

    def entry(self, base, done):
        """The index entry and the blocks that go with it."""
        first = self.first if self.first is not None else done
        count = sum(len(r.rcpts) for r in self.runs)
        e = u32(self.flags) + u32(self.number) + u64(self.offset)
        e += u64(len(self.octets) if self.stored is None else self.stored)
        e += u64(self.plain)
        e += u32(crc32c(self.octets) if self.crc is None else self.crc)
        now = int(time.time())
        e += u64(now * 1000000) + u64(now + 86400)
        e += u32(first)
        e += u32(count if self.nrcpt is None else self.nrcpt)
        e += bytes([self.ret]) + text(self.sender) + text(self.envid)
        e += b''.join(text(n) for n in self.names) + text(b'')
        if self.version > 1:
            e += u64(self.start)
            e += text(b''.join(u32(t) for w in self.windows for t in w))
        e += u32(len(self.runs) if self.nrun is None else self.nrun)
        blocks = b''
        at = first
        for r in self.runs:
            b = r.block()
            e += text(r.domain) + u32(at if r.first is None else r.first)
            e += u32(len(r.rcpts) if r.count is None else r.count)
            e += u64(base + len(blocks) if r.offset is None else r.offset)
            e += u32(len(b)) + u32(crc32c(b) if r.crc is None else r.crc)
            at += len(r.rcpts)
            blocks += b
        return e, blocks


class Bundle:
    def __init__(self, name, messages):
        self.name, self.messages = name, messages
        self.id = name
        self.done = b''
        self.nrcpt = self.nmsg = self.done_off = self.length = None
        self.index_off = self.index_len = self.index_crc = None
        self.header_crc = None
        self.magic, self.flags = b'DRAYBND2', 0
        self.tail = b''  # after all

    def count(self):
        return sum(len(r.rcpts) for m in self.messages for r in m.runs)

    def index(self, base):
        index = blocks = b''
        n = 0
        for m in self.messages:
            e, b = m.entry(base + len(blocks), n)
            index += e
            blocks += b
            n += sum(len(r.rcpts) for r in m.runs)
        return index, blocks

    def lay_out(self):
        for i, m in enumerate(self.messages):
            m.number = i if m.number is None else m.number
        given = [m.offset for m in self.messages]
        for m in self.messages:
            m.offset = 0
        index, blocks = self.index(0)
        base = 256 + len(index)
        at = base + len(blocks)
        for m, offset in zip(self.messages, given):
            m.offset = at if offset is None else offset
            at += len(m.octets)
        return self.index(base)

    def octets(self):
        index, blocks = self.lay_out()
        body = index + blocks + b''.join(m.octets for m in self.messages)
        n = self.count() if self.nrcpt is None else self.nrcpt
        done_off = page_up(256 + len(body))
        bits = self.done.ljust(page_up((self.count() + 7) // 8), b'\0')
        length = done_off + len(bits)
        pick = lambda v, usual: usual if v is None else v
        h = self.magic + u32(pick(self.nmsg, len(self.messages))) + u32(n)
        h += u32(pick(self.index_len, len(index)))
        h += u32(pick(self.index_crc, crc32c(index)))
        h += u64(pick(self.index_off, 256))
        h += u64(pick(self.done_off, done_off))
        h += u64(pick(self.length, length)) + u32(self.flags)
        h += text(self.id).ljust(99, b'\0')
        h = h.ljust(252, b'\0')
        h += u32(pick(self.header_crc, crc32c(h)))
        return (h + body).ljust(done_off, b'\0') + bits + self.tail


HEADER = b'From: <from@sender.test>\r\nSubject: test\r\n\r\n'


def example(name, domain=b'example.test'):
    """Two messages: one with a dot and one recipient, one with three."""
    one = Message(HEADER + b'one\r\n..dot\r\n',
                  [Run(domain, [Rcpt(b'a1')])])
    two = Message(HEADER + b'two\r\n',
                  [Run(domain, [Rcpt(b'b1', 2, b'rfc822;x@y'), Rcpt(b'b2')]),
                   Run(b'z.' + domain, [Rcpt(b'b3')])])
    return Bundle(name, [one, two])


_serial = [0]


def new_name():
    now = time.time()
    _serial[0] += 1
    return b'%d.M%dP%dQ%d.test' % (now, now % 1 * 1000000, os.getpid(),
                                   _serial[0])


DAMAGE = {}


def damage(f):
    DAMAGE[f.__name__] = f
    return f


def on_model(name, change):
    DAMAGE[name] = change


def attr(path, value):
    """Sets m0.stored, m1.runs0.first and the like."""
    def change(b):
        at = b
        *way, last = path.split('.')
        for w in way:
            if w[0] == 'm':
                at = at.messages[int(w[1:])]
            elif w.startswith('run'):
                at = at.runs[int(w[3:])]
            else:
                at = at.rcpts[int(w[4:])]
        setattr(at, last, value(getattr(at, last))
                if callable(value) else value)
    return change


def octets(n, new):
    """Other octets for a message, with everything made to fit."""
    def change(b):
        old = b.messages[n]
        b.messages[n] = Message(new, old.runs)
    return change


def swap_runs(b):
    b.messages[1].runs.reverse()


def old(b):
    b.magic = b'DRAYBND1'
    for m in b.messages:
        m.version = 1


def flip(where):
    """One bit of the finished file."""
    def change(b):
        b.flips = [where]
    return change


def cut(n):
    def change(b):
        b.cut = n
    return change


for _name, _change in {
        'none': lambda b: None,
        'old': old,
        'longer': attr('tail', b'what was here before'),
        'magic': attr('magic', b'DRAYBND3'),
        'header-crc': attr('header_crc', 1),
        'header-flags': attr('flags', 1),
        'header-id': attr('id', b'nonsense'),
        'other-id': attr('id', b'1.M2P3Q4.test'),
        'index-crc': attr('index_crc', 1),
        'index-past-end': attr('index_off', 1 << 40),
        'index-wraps': attr('index_off', (1 << 64) - 16),
        'index-over-header': attr('index_off', 0),
        'no-messages': attr('nmsg', 0),
        'too-few-messages': attr('nmsg', 1),
        'too-many-messages': attr('nmsg', 3),
        'many-messages': attr('nmsg', 0xFFFFFFFF),
        'recipients-wrong': attr('nrcpt', 5),
        'recipients-short': attr('nrcpt', 3),
        'done-unaligned': attr('done_off', 4000),
        'done-past-end': attr('done_off', 1 << 30),
        'done-over-octets': attr('done_off', 0),
        'length-wrong': attr('length', 1 << 20),
        'length-huge': attr('length', 1 << 33),
        'done-bit-past': attr('done', b'\x10'),
        'done-bit-far': attr('done', b'\x00' * 100 + b'\x01'),
        'msg-crc': attr('m0.crc', 1),
        'msg-past-end': attr('m1.offset', 1 << 30),
        'msg-wraps': attr('m1.offset', (1 << 64) - 8),
        'msg-over-other': attr('m1.offset', 500),
        'msg-stored': attr('m0.stored', 1 << 40),
        'msg-flags': attr('m0.flags', 0x101),
        'msg-merge-rows': attr('m0.flags', 64),
        'rcpt-row': attr('m0.run0.rcpt0.row', b'row'),
        'rcpt-row-long': attr('m0.run0.rcpt0.row', b'r' * 60001),
        'msg-not-stuffed': attr('m1.flags', 1),
        'msg-not-8bit': attr('m1.flags', 2),
        'msg-plain': attr('m0.plain', lambda n: n - 1),
        'msg-plain-over': attr('m0.plain', lambda n: n + 100),
        'msg-number': attr('m1.number', 0),
        'msg-first': attr('m1.first', 0),
        'msg-first-over': attr('m1.first', 1 << 31),
        'msg-nrcpt': attr('m0.nrcpt', 2),
        'msg-no-rcpt': attr('m0.nrcpt', 0),
        'msg-runs-fewer': attr('m1.nrun', 1),
        'msg-runs-more': attr('m1.nrun', 1000000),
        'msg-sender': attr('m0.sender', b'nobody'),
        'msg-sender-long': attr('m0.sender', b'x' * 400 + b'@x.test'),
        'msg-ret': attr('m0.ret', 65),
        'msg-envid': attr('m0.envid', b'a\nb'),
        'msg-windows': attr('m0.windows', [(5, 9), (8, 20)]),
        'msg-window-empty': attr('m0.windows', [(5, 5)]),
        'msg-windows-many': attr('m0.windows',
                                 [(2 * n, 2 * n + 1) for n in range(65)]),
        'msg-stream': attr('m0.names', [b'a b', b'', b'', b'']),
        'octets-lf': octets(0, HEADER + b'a\nb\r\n'),
        'octets-cr': octets(0, HEADER + b'a\rb\r\n'),
        'octets-nul': octets(0, HEADER + b'a\0b\r\n'),
        'octets-long': octets(0, HEADER + b'a' * 999 + b'\r\n'),
        'octets-dot': octets(0, HEADER + b'.\r\n'),
        'octets-unstuffed': octets(0, HEADER + b'.a\r\n'),
        'octets-no-end': octets(0, HEADER + b'a'),
        'octets-end-cr': octets(0, HEADER + b'a\r'),
        'octets-end-dot': octets(0, HEADER + b'.'),
        'octets-8bit': octets(0, HEADER + b'\xe9\r\n'),
        'run-first': attr('m1.run1.first', 0),
        'run-count': attr('m1.run0.count', 1),
        'run-count-0': attr('m1.run1.count', 0),
        'run-count-large': attr('m1.run0.count', 5000),
        'run-crc': attr('m1.run0.crc', 7),
        'run-past-end': attr('m1.run0.offset', 1 << 40),
        'run-over-octets': attr('m1.run1.offset', 300),
        'run-junk': attr('m1.run0.junk', b'abc'),
        'run-order': swap_runs,
        'run-capital': attr('m1.run1.domain', b'Z.example.test'),
        'run-domain': attr('m1.run1.domain', b'a..b'),
        'rcpt-local': attr('m0.run0.rcpt0.local', b'a b'),
        'rcpt-empty': attr('m0.run0.rcpt0.local', b''),
        'rcpt-long': attr('m0.run0.rcpt0.local', b'x' * 300),
        'rcpt-notify': attr('m0.run0.rcpt0.notify', 3),
        'rcpt-orcpt': attr('m0.run0.rcpt0.orcpt', b'x' * 501),
        'flip-header': flip(20),
        'flip-index': flip(300),
        'flip-rcpts': flip('blocks'),
        'flip-octets': flip('octets'),
        'cut-empty': cut(0),
        'cut-header': cut(100),
        'cut-index': cut(400),
        'cut-octets': cut(900),
        'cut-done': cut(4096),
}.items():
    on_model(_name, _change)


def damaged(which, domain=b'example.test', name=None):
    """The name and the octets of an example bundle with this damage."""
    b = example(name or new_name(), domain)
    b.flips, b.cut = [], None
    DAMAGE[which](b)
    data = bytearray(b.octets())
    index, blocks = b.lay_out()
    for where in b.flips:
        if where == 'blocks':
            where = 256 + len(index) + 3
        elif where == 'octets':
            where = b.messages[0].offset + 60
        data[where] ^= 4
    return b.name, bytes(data if b.cut is None else data[:b.cut])


def main():
    if sys.argv[1:] == ['list']:
        print('\n'.join(DAMAGE))
        return
    domain = os.fsencode(sys.argv[3]) if len(sys.argv) > 3 else \
        b'example.test'
    name, data = damaged(sys.argv[2], domain)
    path = os.path.join(os.fsencode(sys.argv[1]), name)
    with open(path, 'wb') as f:
        f.write(data)
    os.chmod(path, 0o600)
    print(name.decode())


if __name__ == '__main__':
    main()
