"""Messages over SMTP for fault.py: a client that sends each until it is
answered 250, and writes down that it was."""
import socket
import threading
import time

WAIT = 20       # seconds for a reply


class Refused(Exception):
    """For good: that is a mistake here."""


class Session:
    def __init__(self, port):
        self.s = socket.create_connection(('127.0.0.1', port), WAIT)
        self.f = self.s.makefile('rb')
        self.say(None)
        self.say(b'EHLO client.test')

    def say(self, line):
        """The last line of the reply; ConnectionError unless it is 2xx or
        3xx."""
        if line is not None:
            self.s.sendall(line + b'\r\n')
        while True:
            got = self.f.readline()
            if got[3:4] != b'-':
                break
        if got[:1] == b'5':
            raise Refused(got)
        if got[:1] not in (b'2', b'3') or not got.endswith(b'\n'):
            raise ConnectionError(got)
        return got.decode().split()

    def send(self, sender, rcpts, data, chunked):
        """The id that it has in the queue."""
        self.say(b'MAIL FROM:<%s>' % sender)
        for r in rcpts:
            self.say(b'RCPT TO:<%s>' % r)
        if chunked:
            self.s.sendall(b'BDAT %d LAST\r\n' % len(data) + data)
            return self.say(None)[-1]
        self.say(b'DATA')
        self.s.sendall(data)
        return self.say(b'.')[-1]

    def close(self):
        self.f.close()
        self.s.close()


class Submitter(threading.Thread):
    """Looks like a process to fault.py: a share of a load's messages, over one
    connection at a time."""

    def __init__(self, inst, load, share, recipients):
        super().__init__(daemon=True)
        self.inst, self.load, self.share = inst, load, share
        self.recipients = recipients
        self.returncode = None
        self.ending = False
        self.start()

    def one(self, session, number):
        data = b'Subject: %d\r\n\r\n' % number
        data += b'0123456789\r\n' * (self.load.size // 12)
        ident = session.send(
            b'%s@sender.test' % self.load.tag.encode(),
            [x.encode() for x in self.recipients(self.load, number)], data,
            number % 2)
        with open(self.inst.path('ack-' + self.load.tag), 'a') as f:
            f.write('%d %s\n' % (number, ident))

    def all(self):
        session, todo = None, list(self.share)
        while todo and not self.ending:
            try:
                session = session or Session(self.inst.port)
                self.one(session, todo[0])
                del todo[0]
            except OSError:
                if session:
                    session.close()
                session = None
                time.sleep(0.02)
        if session:
            session.close()

    def run(self):
        try:
            self.all()
            self.returncode = 0
        except Refused as e:
            self.inst.problems.append('refused: %r' % e.args)
            self.returncode = 1

    def poll(self):
        return self.returncode

    def kill(self):
        self.ending = True

    def wait(self):
        self.join(2 * WAIT)
