"""dray-smtpd with the rest of an instance behind it, and clients that say what
a test wants them to say."""
import glob
import socket

from line import FAST, Line
from port import free_port
from tap import until

HEADER = b'From: a@b.example\r\nSubject: test\r\n'


class Door(Line):
    """A line with dray-smtpd in front, on a port of its own for each role; with
    what [returns] has to say, for what comes back, too."""

    def __init__(self, smtpd='errors = 1000', queue='', trust='', more='',
                 returns='', **kw):
        self.ports = {'submission': free_port(), 'relay': free_port()}
        conf = '[smtpd]\n%s\n' % smtpd
        for role, port in self.ports.items():
            conf += '[listener %s]\nrole = %s\nport = %d\n%s\n' % (
                role, role, port, trust)
        if returns:
            self.ports['returns'] = free_port()
            conf += '[listener returns]\nrole = returns\nport = %d\n' \
                '[returns]\n%s\n' % (self.ports['returns'], returns)
        self.text = conf + more + FAST.replace(
            '[queue]\n', '[queue]\n' + queue)
        super().__init__(conf=self.text, **kw)
        self.inst.start(['dray-bounce'] * bool(returns) + ['dray-smtpd'])

    def talk(self, role='submission', **kw):
        return Talk(self.ports[role], **kw)

    def end(self):
        self.inst.stop(only=['dray-smtpd', 'dray-bounce'])
        super().end()


class Talk:
    """A client; secure is an SSLContext for TLS from the first octet on."""

    def __init__(self, port, hello=b'EHLO client.example', source=None,
                 host='127.0.0.1', secure=None, **kw):
        self.s = socket.create_connection(
            (host, port), timeout=30,
            source_address=(source, 0) if source else None)
        if secure:
            self.s = secure.wrap_socket(self.s, **kw)
        self.f = self.s.makefile('rb')
        self.greeting = self.reply()
        if hello:
            self.hello = self.say(hello)

    def secure(self, context, hello=b'EHLO client.example', **kw):
        """STARTTLS and the handshake; the reply to the former."""
        got = self.say(b'STARTTLS')
        if got[:3] == '220':
            self.f.close()
            self.s = context.wrap_socket(self.s, **kw)
            self.f = self.s.makefile('rb')
            if hello:
                self.hello = self.say(hello)
        return got

    def send(self, b):
        self.s.sendall(b)

    def taken(self):
        """The daemon has read all that was sent."""
        mine, door = self.s.getsockname()[1], self.s.getpeername()[1]
        with open('/proc/net/tcp') as f:
            for line in f:
                x = line.split()
                if x[1].endswith(':%04X' % door) and \
                        x[2].endswith(':%04X' % mine):
                    return x[4].endswith(':00000000')
        return True     # it is gone

    def pieces(self, *parts):
        """Each in a segment of its own, which the daemon reads by itself."""
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for b in parts:
            if b:
                self.send(b)
                until(self.taken)

    def reply(self):
        """One reply, its lines without their ends; '' when it was the end."""
        out = []
        while True:
            try:
                line = self.f.readline()
            except ConnectionError:
                line = b''
            out.append(line.rstrip(b'\r\n').decode())
            if not line or line[3:4] != b'-':
                return '\n'.join(out)

    def say(self, line, n=1):
        """A line or several, and the last of n replies."""
        self.send(line + b'\r\n')
        for _ in range(n):
            got = self.reply()
        return got

    def code(self, line):
        return self.say(line)[:9].rstrip()

    def envelope(self, to, sender=b'a@b.example', options=b''):
        return self.say(b'MAIL FROM:<%s>%s\r\n' % (sender, options) +
                        b'\r\n'.join(b'RCPT TO:<%s>' % t for t in to),
                        1 + len(to))

    def mail(self, to, data=HEADER + b'\r\nhello\r\n', **kw):
        """A message by DATA; the reply to its end."""
        self.envelope(to, **kw)
        self.say(b'DATA')
        self.send(data)
        return self.say(b'.')

    def chunks(self, to, *parts):
        """A message by BDAT, in one write; the last reply."""
        self.send(b'MAIL FROM:<a@b.example>\r\n' +
                  b''.join(b'RCPT TO:<%s>\r\n' % t for t in to) +
                  b''.join(b'BDAT %d%s\r\n' % (
                      len(p), b' LAST' if i == len(parts) - 1 else b'') + p
                           for i, p in enumerate(parts)))
        got = [self.reply() for _ in range(1 + len(to) + len(parts))]
        return got[-1]

    def close(self):
        self.f.close()
        self.s.close()

    def closed(self):
        """The server has hung up, after what is left of its replies."""
        try:
            while self.s.recv(4096):
                pass
        except ConnectionError:
            pass
        except OSError:
            return False
        return True


def stored(d, end):
    """The message that waits and ends so, from its first Received on."""
    got = b''
    spool = glob.escape(d.base) + '/spool'
    # In this order, which is that in which they move.
    for name in glob.glob(spool + '/new/*') + glob.glob(spool + '/cur/*'):
        try:
            f = open(name, 'rb')
        except FileNotFoundError:  # dray-send has taken it meanwhile
            f = open(name.replace('/spool/new/', '/spool/cur/'), 'rb')
        with f:
            got += f.read()
    got = got[:got.find(end) + len(end)] if end in got else b''
    return got[max(got.rfind(b'Received: from '), 0):]
