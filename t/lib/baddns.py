# For tests of dray-dns: a DNS server that misbehaves.  How is said by the zone
# that it is asked about: the label before "test".
#
#   s = BadDns()      on 127.0.0.1:s.port, UDP and TCP, in threads
#   BAD               the zones, each NAME.test
#   s.asked[zone]     how many questions came
#
# In every zone, "NAME MX 10 mx" and "mx A 192.0.2.1" are what a good server
# would say.
import collections
import random
import socket
import struct
import threading

from dns import free_port

BAD = ['servfail', 'refused', 'notimp', 'formerr', 'silent', 'empty', 'short',
       'garbage', 'truncated', 'stalled', 'hangup', 'wrongid', 'wrongname',
       'question', 'counts', 'nocounts', 'cut', 'loop', 'self', 'endless',
       'pointer', 'rdlength', 'huge', 'lame', 'upward']


def name(s):
    b = b''
    for label in s.strip('.').split('.'):
        if label:
            b += bytes([len(label)]) + label.encode()
    return b + b'\0'


def rr(owner, kind, data, ttl=300):
    return name(owner) + struct.pack('>HHIH', kind, 1, ttl, len(data)) + data


def take_name(b, at):
    labels = []
    while b[at]:
        n = b[at]
        labels.append(b[at + 1:at + 1 + n].decode('ascii', 'replace'))
        at += n + 1
    return '.'.join(labels).lower(), at + 1


def message(q, end, rcode=0, answers=(), authority=(), flags=0x8400, number=None,
            counts=None):
    head = struct.pack('>HHHHHH',
                       struct.unpack('>H', q[:2])[0] if number is None
                       else number,
                       flags | rcode,
                       *(counts or (1, len(answers), len(authority), 0)))
    return head + q[12:end] + b''.join(answers) + b''.join(authority)


def good(qname, kind, zone):
    """What a server would answer that knows its business."""
    if kind == 15 and qname.count('.') <= 2 and not qname.startswith('mx.'):
        return [rr(qname, 15, struct.pack('>H', 10) + name('mx.' + zone))]
    if kind == 1 and qname.startswith('mx.'):
        return [rr(qname, 1, bytes([192, 0, 2, 1]))]
    return []


def soa(zone):
    return rr(zone, 6, name('ns.' + zone) + name('h.' + zone) +
              struct.pack('>IIIII', 1, 3600, 900, 86400, 60))


class BadDns:
    def __init__(self):
        self.port = free_port()
        self.asked = collections.Counter()
        self.u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.u.bind(('127.0.0.1', self.port))
        self.t = socket.socket()
        self.t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.t.bind(('127.0.0.1', self.port))
        self.t.listen(50)
        self.kept = []
        for f in (self.udp, self.tcp):
            threading.Thread(target=f, daemon=True).start()

    def udp(self):
        while True:
            q, peer = self.u.recvfrom(65535)
            for b in self.answer(q, False):
                self.u.sendto(b, peer)

    def tcp(self):
        while True:
            s = self.t.accept()[0]
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        s.settimeout(60)
        try:
            while True:
                head = s.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    break
                q = s.recv(struct.unpack('>H', head)[0], socket.MSG_WAITALL)
                answers = self.answer(q, True)
                if answers is None:
                    break
                for b in answers:
                    s.sendall(struct.pack('>H', len(b)) + b)
        except OSError:
            pass
        s.close()

    def answer(self, q, tcp):
        """The messages to send for a question; None: hang up."""
        qname, end = take_name(q, 12)
        kind = struct.unpack('>H', q[end:end + 2])[0]
        end += 4
        how = qname.split('.')[-2]
        zone = how + '.test'
        self.asked[how] += 1
        right = good(qname, kind, zone)
        ok = message(q, end, 0, right, [] if right else [soa(zone)])
        return getattr(self, 'do_' + how)(q, end, qname, kind, zone, ok, tcp)

    def code(self, q, end, n):
        return [message(q, end, n)]

    def do_servfail(self, q, end, *_):
        return self.code(q, end, 2)

    def do_refused(self, q, end, *_):
        return self.code(q, end, 5)

    def do_notimp(self, q, end, *_):
        return self.code(q, end, 4)

    def do_formerr(self, q, end, *_):
        return self.code(q, end, 1)

    def do_silent(self, *_):
        return []

    def do_empty(self, *_):
        return [b'']

    def do_short(self, q, *_):
        return [q[:11]]

    def do_garbage(self, q, *_):
        r = random.Random(1)
        return [q[:2] + b'\x84\0' + bytes(r.randrange(256)
                                          for _ in range(200))]

    def do_truncated(self, q, end, *rest):
        """TC always; over TCP it says nothing and closes."""
        return None if rest[-1] else [message(q, end, flags=0x8600)]

    def do_stalled(self, q, end, *rest):
        """TC, and over TCP nothing comes."""
        return [] if rest[-1] else [message(q, end, flags=0x8600)]

    def do_hangup(self, q, end, qname, kind, zone, ok, tcp):
        """TC, and over TCP half an answer."""
        if not tcp:
            return [message(q, end, flags=0x8600)]
        return [ok[:len(ok) // 2]]

    def do_wrongid(self, q, end, qname, kind, zone, ok, tcp):
        return [struct.pack('>H', (ok[0] << 8 | ok[1]) ^ 0x5555) + ok[2:]] * 3

    def do_wrongname(self, q, end, qname, kind, zone, ok, tcp):
        other = q[:12] + name('other.' + zone) + q[end - 4:end]
        return [message(other, len(other), 0,
                        good('other.' + zone, kind, zone))]

    def do_question(self, q, end, *_):
        """Says the question back, as a question."""
        return [q]

    def do_counts(self, q, end, qname, kind, zone, ok, tcp):
        """More records are announced than there are."""
        return [message(q, end, 0, good(qname, kind, zone),
                        counts=(1, 40, 5000, 65535))]

    def do_nocounts(self, q, end, qname, kind, zone, ok, tcp):
        """A question is said to be there which is not."""
        return [message(q, 12, 0, good(qname, kind, zone),
                        counts=(1, 1, 0, 0))]

    def do_cut(self, q, end, qname, kind, zone, ok, tcp):
        return [ok[:-3]]

    def do_loop(self, q, end, qname, *_):
        zone = 'loop.test'
        other = ('b.' if qname.startswith('a.') else 'a.') + zone
        return [message(q, end, 0, [rr(qname, 5, name(other))])]

    def do_self(self, q, end, qname, *_):
        return [message(q, end, 0, [rr(qname, 5, name(qname))])]

    def do_endless(self, q, end, qname, kind, zone, ok, tcp):
        """An alias for an alias for an alias."""
        head = qname.split('.')[0]
        n = int(head[1:]) if head[1:].isdigit() else 0
        chain = []
        for i in range(3):
            chain.append(rr(qname, 5, name('c%d.%s' % (n + 1 + i, zone))))
            qname = 'c%d.%s' % (n + 1 + i, zone)
        return [message(q, end, 0, chain)]

    def do_pointer(self, q, end, qname, kind, zone, ok, tcp):
        """A name that points to itself."""
        at = end
        bad = struct.pack('>HHHIH', 0xc000 | at, kind, 1, 300, 2) + \
            struct.pack('>H', 0xc000 | at)
        return [message(q, end, 0, [bad])]

    def do_rdlength(self, q, end, qname, kind, zone, ok, tcp):
        """Data longer than the message, and addresses of odd lengths."""
        return [message(q, end, 0, [
            name(qname) + struct.pack('>HHIH', kind, 1, 300, 60000) + b'x'])]

    def do_huge(self, q, end, qname, kind, zone, ok, tcp):
        """As many records as a message holds, of nonsense."""
        n = 40 if not tcp else 2000
        return [message(q, end, 0, [
            rr(qname, kind, bytes([255]) * 17) for _ in range(n)])]

    def do_lame(self, q, end, qname, kind, zone, ok, tcp):
        """Not its zone: nothing, without authority."""
        return [message(q, end, 0, flags=0x8000)]

    def do_upward(self, q, end, qname, kind, zone, ok, tcp):
        """Sends to the root."""
        return [message(q, end, 0, [], [rr('', 2, name('a.test'))],
                        flags=0x8000)]
