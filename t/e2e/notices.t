#!/usr/bin/python3
# What senders are told: every wish of RFC 3461 with every fate, the notices
# read by Python's parser with all defects raised; delays; double bounces; what
# must not be lost.
import email
import email.policy
import email.utils
import glob
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import DAEMONS, Instance, Sink
from queued import Client, message
from tap import done, ok, same, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
ALL = [d for d in DAEMONS if d != 'dray-bounce'] + ['dray-bounce']
CONF = '''[queue]
min-free-space = 0
min-free-inodes = 0
[retry]
schedule = 1s 1s 1s
then = 1s
[limits]
backoff-min = 1s
backoff-max = 2s
quit-timeout = 1s
[notices]
from = Mail <bounces@node.example>
delay-after = 1s
return-size = 4K
'''
SCRIPT = '''rcpt to *@rcpt.* reply 550 5.1.1 no such user here
dot to *@dot.* reply 554 5.6.0 content\xe9 refused
rcpt to *@later.* reply 450 4.2.1 come again
'''
NEVER, SUCCESS, FAILURE, DELAY = 1, 2, 4, 8
HEADER = (b'From: The sender <news@sender.example>\r\n'
          b'To: somebody\r\nSubject: a message\r\n'
          b'Message-ID: <1234@sender.example>\r\n')
STRICT = email.policy.default.clone(raise_on_defect=True)
top = tempfile.mkdtemp(prefix='dray test.')
open_ones = []


class Line:
    """An instance with three receiving sides: one with DSN, one without, and
    one that gets the notices."""

    def __init__(self, conf=CONF, script=SCRIPT, daemons=ALL, back=''):
        self.base = tempfile.mkdtemp(prefix='base ', dir=top)
        for name, text in (('script', script), ('back', back)):
            with open(self.base + '/' + name, 'w') as f:
                f.write(text)
        args = ['-s', self.base + '/script']
        self.dsn = Sink(BUILD, args)
        self.plain = Sink(BUILD, args + ['-x', 'nodsn'])
        self.back = Sink(BUILD, ['-o', self.base + '/got', '-s',
                                 self.base + '/back'])
        gone = Sink(BUILD)
        gone.end()
        self.inst = Instance(BUILD, self.base, 0, conf, ''.join(
            '[static %s]\nhosts = 127.0.0.1:%d\n' % (d, s.port)
            for d, s in (('.dsn.example', self.dsn),
                         ('.plain.example', self.plain),
                         ('gone.example', gone), ('*', self.back))))
        self.seen = set()
        self.inst.start(daemons)
        open_ones.append(self)

    def inject(self, *messages):
        """Whole messages as frames; the ids."""
        c = Client(self)
        for m in messages:
            c.send(m)
        ids = [c.verdict() for m in messages]
        c.close()
        if not all(v and v[0] == 'A' for v in ids):
            raise SystemExit('not accepted: %r' % (ids,))
        return [v[1] for v in ids]

    def got(self):
        """(envelope, octets) of what has come and was not given before."""
        out = []
        for n in sorted(glob.glob(self.base + '/got/new/*.msg')):
            if n in self.seen:
                continue
            self.seen.add(n)
            with open(n, 'rb') as f:
                octets = f.read()
            with open(n[:-4] + '.env', 'rb') as f:
                out.append((f.read().decode(), octets))
        return out

    def empty(self):
        return not any(glob.glob(self.base + '/spool/' + d) for d in
                       ('new/*', 'cur/*', 'bounce/new/*', 'bounce/cur/*'))

    def events(self, kind):
        with open(self.base + '/log/current') as f:
            return [e for e in map(json.loads, f) if e['type'] == kind]

    def fsck(self):
        r = subprocess.run([self.inst.bin + '/dray-fsck', '-b', self.base],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return r.returncode, r.stdout.decode()

    def end(self):
        self.inst.stop(only=['dray-bounce'])
        self.inst.stop()
        for s in (self.dsn, self.plain, self.back):
            s.end()
        open_ones.remove(self)
        rc, out = self.fsck()
        ok(rc == 0, 'dray-fsck accepts what is left', out)
        shutil.rmtree(self.base)


class Notice:
    """A notice, taken apart; any defect is an exception."""

    def __init__(self, envelope, octets):
        self.octets = octets
        self.to = envelope.split('rcpt <')[1].split('>')[0]
        self.null = 'from <>' in envelope
        self.mail = email.message_from_bytes(octets, policy=STRICT)
        self.parts = list(self.mail.iter_parts())
        self.words = self.parts[0].get_content()
        blocks = self.parts[1].get_payload()
        self.head, self.rcpts = blocks[0], blocks[1:]
        self.original = self.parts[2]

    def touch(self):
        """Every header is parsed: that is when its defects are seen."""
        for part in [self.mail] + self.parts + [self.head] + self.rcpts:
            for name, value in part.items():
                if getattr(value, 'defects', ()):
                    raise ValueError('%s: %r' % (name, value.defects))


def body(n):
    return HEADER + b'\r\n' + b'.a line\r\n' * n


FATES = [('ok.dsn.example', 'delivered, DSN'),
         ('ok.plain.example', 'delivered, no DSN'),
         ('rcpt.plain.example', 'failed at RCPT'),
         ('dot.plain.example', 'failed at data'),
         ('gone.example', 'expired')]
WISHES = [0, NEVER] + [a | b | c for a in (0, SUCCESS) for b in (0, FAILURE)
                       for c in (0, DELAY) if a | b | c]


def expected(fate, notify):
    out = []
    if fate == 'delivered, no DSN' and notify & SUCCESS:
        out.append('relayed')
    if fate.startswith('failed') or fate == 'expired':
        if notify == 0 or notify & FAILURE:
            out.append('failed')
    if fate == 'expired' and notify & DELAY:
        out.append('delayed')
    return sorted(out)


def wrong(case, n, ids):
    """What is not as it should be in one notice; [] is good."""
    (domain, fate), notify, ret, envid, orcpt = case
    action = n.rcpts[0]['Action']
    rcpt = 'user@' + domain
    out = []

    def check(name, got, want):
        if got != want:
            out.append('%s: got %r, want %r' % (name, got, want))

    check('null sender', n.null, True)
    check('From', str(n.mail['From']), 'Mail <bounces@node.example>')
    check('Auto-Submitted', n.mail['Auto-Submitted'], 'auto-replied')
    check('type', n.mail.get_content_type(), 'multipart/report')
    check('report-type', n.mail['Content-Type'].params['report-type'],
          'delivery-status')
    check('In-Reply-To', n.mail['In-Reply-To'], '<1234@sender.example>')
    check('types', [p.get_content_type() for p in n.parts[:2]],
          ['text/plain', 'message/delivery-status'])
    check('Reporting-MTA', n.head['Reporting-MTA'], 'dns; bench.example')
    check('Original-Envelope-Id', n.head['Original-Envelope-Id'],
          'id =+1' if envid else None)
    ok_date = email.utils.parsedate_to_datetime(str(n.head['Arrival-Date']))
    check('Arrival-Date', abs(ok_date.timestamp() - time.time()) < 300, True)
    check('recipients', len(n.rcpts), 1)
    check('Final-Recipient', n.rcpts[0]['Final-Recipient'], 'rfc822; ' + rcpt)
    check('Original-Recipient', n.rcpts[0]['Original-Recipient'],
          'rfc822; old+name@x.example' if orcpt else None)
    check('Status', n.rcpts[0]['Status'], {
        'relayed': '2.0.0', 'delayed': '4.4.1'}.get(action, {
            'failed at RCPT': '5.1.1', 'failed at data': '5.6.0',
            'expired': '5.4.7'}.get(fate)))
    if fate == 'failed at RCPT':
        check('Diagnostic-Code', n.rcpts[0]['Diagnostic-Code'],
              'smtp; 550 5.1.1 no such user here')
        check('Remote-MTA', n.rcpts[0]['Remote-MTA'], 'dns; [127.0.0.1]')
    if fate == 'failed at data':
        check('Diagnostic-Code', n.rcpts[0]['Diagnostic-Code'],
              'smtp; 554 5.6.0 content\\x{E9} refused')
    if fate == 'expired' and action == 'failed':
        check('Diagnostic-Code', n.rcpts[0]['Diagnostic-Code'],
              'x-dray; could not be delivered in time')
    check('Will-Retry-Until', 'Will-Retry-Until' in n.rcpts[0],
          action == 'delayed')
    if ret == b'F' and action == 'failed':
        check('original', n.original.get_content_type(), 'message/rfc822')
        check('its octets', body(9) in n.octets, True)
    else:
        check('original', n.original.get_content_type(),
              'text/rfc822-headers')
        check('its header', n.original.get_content(),
              HEADER.decode())
    check('words', rcpt in n.words, True)
    return out


def table():
    s = Line()
    cases = list(itertools.product(FATES, WISHES, (b'\0', b'F', b'H'), (0, 1),
                                   (0, 1)))
    messages = []
    for i, ((domain, fate), notify, ret, envid, orcpt) in enumerate(cases):
        messages.append(message(
            [('user@' + domain, notify,
              'rfc822;old+2Bname@x.example' if orcpt else '')], body(9),
            sender='s%d@sender.example' % i, ret=ret,
            envid='id+20+3D+2B1' if envid else '',
            lifetime=4 if fate == 'expired' else 600))
    ids = s.inject(*messages)
    want = sum(len(expected(f[1], n)) for f, n, *_ in cases)
    notices = {}
    ok(until(lambda: notices.update({
        (e, o): Notice(e, o) for e, o in s.got()}) or
        len(notices) >= want and s.empty(), 60),
       'every wish has its answer', (len(notices), want))
    by = {}
    for n in notices.values():
        by.setdefault(n.to, []).append(n)
    bad = []
    for i, case in enumerate(cases):
        mine = by.get('s%d@sender.example' % i, [])
        kinds = sorted(n.rcpts[0]['Action'] for n in mine)
        if kinds != expected(case[0][1], case[1]):
            bad.append('%r: notices %r' % (case, kinds))
        for n in mine:
            bad += ['%r: %s' % (case, w) for w in wrong(case, n, ids)]
    same(len(notices), want, '%d messages, %d notices' % (len(cases), want))
    ok(not bad, 'each is as RFC 3461 and RFC 3464 say', '\n'.join(bad))
    try:
        for n in notices.values():
            n.touch()
        defects = ''
    except Exception as e:
        defects = repr(e)
    ok(not defects, 'no header of any has a defect', defects)
    r = s.events('Reception')
    same(len([e for e in r if e['sender'] == '' and
              e.get('stream') == 'notices' and e.get('envid') in ids]), want,
         'the log knows each, and what it is about')
    if 'SHOW' in os.environ:
        for n in list(notices.values())[::40]:
            sys.stderr.buffer.write(n.octets + b'=' * 60 + b'\n')
    s.end()


try:
    for part in (table,):
        part()
finally:
    for s in list(open_ones):
        for p in list(s.inst.procs.values()):
            p.kill()
            p.wait()
        for k in (s.dsn, s.plain, s.back):
            k.p.kill()
    shutil.rmtree(top, ignore_errors=True)
done()
