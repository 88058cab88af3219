#!/usr/bin/python3
# What senders are told: every wish of RFC 3461 with every fate, the notices
# read by Python's parser with all defects raised; delays; double bounces; what
# must not be lost.
import email
import email.policy
import email.utils
import glob
import itertools
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
from gmime import GMime
from instance import DAEMONS, ROOM, Instance, Sink
from queued import Client, message
from tap import done, ok, same, skip, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
ALL = [d for d in DAEMONS if d != 'dray-bounce'] + ['dray-bounce']
CONF = ROOM + '''[retry]
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
        if daemons:
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

    def restart(self, seconds):
        """Kills dray-send, and dray-remote with it."""
        both = ['dray-send', 'dray-remote']
        self.inst.stop(signal.SIGKILL, both)
        time.sleep(seconds)
        self.inst.start(both)

    def empty(self):
        return not any(glob.glob(self.base + '/spool/' + d) for d in
                       ('new/*', 'cur/*', 'bounce/new/*', 'bounce/cur/*'))

    def events(self, kind):
        return self.inst.events(kind)

    def end(self):
        self.inst.stop(only=['dray-bounce'])
        self.inst.stop()
        for s in (self.dsn, self.plain, self.back):
            s.end()
        open_ones.remove(self)
        rc, out = self.inst.fsck()
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
    check('Last-Attempt-Date', 'Last-Attempt-Date' in n.rcpts[0],
          fate != 'expired')
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
    # Time enough for those that are delivered, on a slow machine too.
    s = Line(CONF.replace('delay-after = 1s', 'delay-after = 6s'))
    cases = list(itertools.product(FATES, WISHES, (b'\0', b'F', b'H'), (0, 1),
                                   (0, 1)))
    messages = []
    for i, ((domain, fate), notify, ret, envid, orcpt) in enumerate(cases):
        messages.append(message(
            [('user@' + domain, notify,
              'rfc822;old+2Bname@x.example' if orcpt else '')], body(9),
            sender='s%d@sender.example' % i, ret=ret,
            envid='id+20+3D+2B1' if envid else '',
            lifetime=8 if fate == 'expired' else 600))
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
    gmime(notices.values())
    same(len([e for e in r if e['sender'] == '' and
              e.get('stream') == 'notices' and e.get('envid') in ids]), want,
         'the log knows each, and what it is about')
    if 'SHOW' in os.environ:
        for n in list(notices.values())[::40]:
            sys.stderr.buffer.write(n.octets + b'=' * 60 + b'\n')
    s.end()


def gmime(notices):
    """What another parser warns of."""
    try:
        reader = GMime()
    except OSError:
        skip('GMime reads every notice', 'no GMime')
        return
    bad = []
    for n in notices:
        types, warnings = reader.read(n.octets)
        if types != [p.get_content_type() for p in n.parts]:
            bad.append('%s: parts %r' % (n.to, types))
        bad += warnings
    ok(not bad, 'GMime reads every notice, too', '\n'.join(bad))


def delays():
    s = Line(CONF + 'delay = yes\n')
    s.inject(*[message([('u%d@%s' % (i, d), n, '')], body(1),
                       sender='%d-%d@sender.example' % (i, n))
               for i, d in enumerate(['gone.example', 'later.plain.example'])
               for n in (0, NEVER, SUCCESS, FAILURE, DELAY)])
    got = []
    ok(until(lambda: got.extend(s.got()) or len(got) >= 4),
       'who waits for a second is told')
    told = s.base + '/spool/gauge'

    def durable():
        with open(told, 'rb') as f:
            return int.from_bytes(f.read(16)[8:], 'big') >= start + 2

    start = int(time.time())
    ok(until(durable), 'and so much is known')
    s.restart(0)
    s.inject(message([('v@gone.example', DELAY, '')], body(1),
                     sender='later@sender.example'))
    ok(until(lambda: got.extend(s.got()) or
             any('later@' in e for e, o in got)), 'so is who comes later')
    s.inject(message([('w@gone.example', DELAY, '')], body(1),
                     sender='down@sender.example'))
    s.restart(1.2)
    ok(until(lambda: got.extend(s.got()) or
             any('down@' in e for e, o in got)),
       'and whose time came while dray-send was down')
    notices = [Notice(*x) for x in got]
    same(sorted(n.to.split('@')[0] for n in notices),
         ['0-0', '0-8', '1-0', '1-8', 'down', 'later'],
         'each once, and nobody else')
    same({n.rcpts[0]['Action'] for n in notices}, {'delayed'}, 'of a delay')
    asleep = next(n for n in notices if n.to.startswith('0-8'))
    same(asleep.rcpts[0]['Status'], '4.4.1', 'and why')
    s.end()


def doubles():
    s = Line(back='rcpt bad*@* reply 550 5.1.1 no such sender\n'
                  'rcpt bad*@last.example reply 550 5.1.1 nor postmaster\n')
    s.inject(message(['u@rcpt.plain.example'], body(1), sender='bad@x.example'))
    got = []
    ok(until(lambda: got.extend(s.got()) or got), 'somebody is told')
    n = Notice(*got[0])
    same((n.to, n.null), ('postmaster@bench.example', True),
         'the postmaster, when the sender cannot be')
    same(n.rcpts[0]['Final-Recipient'], 'rfc822; bad@x.example', 'of whom')
    same(n.original.get_content_type(), 'message/rfc822', 'with the notice')
    inner = n.original.get_payload(0)
    same((inner['To'], inner.get_content_type()),
         ('bad@x.example', 'multipart/report'), 'as it was')
    s.inst.conf(CONF + 'double-bounces = no\n')
    ok(until(s.empty), 'all is done')
    s.inject(message(['u@rcpt.plain.example'], body(1), sender='bad@x.example'))
    ok(until(lambda: len(s.events('Bounce')) == 4 and s.empty()),
       'the next notice fails as well')
    same(s.got(), [], 'and is dropped, as the policy says')
    s.inst.conf('postmaster = bad@last.example\n' + CONF)
    s.inject(message(['u@rcpt.plain.example'], body(1), sender='bad@x.example'))
    ok(until(lambda: len(s.events('Bounce')) == 7 and s.empty()),
       'the postmaster cannot be told: three failures')
    same([e['sender'] for e in s.events('Bounce')[-3:]],
         ['bad@x.example', '', ''], 'all in the log')
    time.sleep(0.3)
    same((s.got(), len(s.events('Bounce')), s.empty()), ([], 7, True),
         'and there it ends')
    s.end()


def many():
    s = Line()
    rcpts = ['u%d@rcpt.plain.example' % i for i in range(250)]
    s.inject(message(rcpts, body(1), sender='a@sender.example'))
    ok(until(s.empty), 'one message fails for 250 recipients')
    got = [Notice(*x) for x in s.got()]
    same(sorted(r['Final-Recipient'].split()[1] for n in got
                for r in n.rcpts), sorted(rcpts), 'each is told of once')
    ok(len(got) < 20 and max(len(n.rcpts) for n in got) <= 100,
       'a hundred at most in a notice', [len(n.rcpts) for n in got])
    gmime(got)
    big = HEADER + b'\r\n' + (b'x' * 70 + b'\r\n') * 100
    s.inject(message(['u@rcpt.plain.example'], big, ret=b'F'))
    ok(until(s.empty), 'a large message fails')
    n = Notice(*s.got()[0])
    same(n.original.get_content_type(), 'text/rfc822-headers',
         'more than return-size does not go back')
    high = HEADER + b'Subject: \xff\xfe\r\n\r\ntext \xe9\r\n'
    s.inject(message(['u@rcpt.plain.example'], high, ret=b'H'))
    ok(until(s.empty), 'a message with octets of no character fails')
    n = Notice(*s.got()[0])
    same(n.original['Content-Transfer-Encoding'], 'quoted-printable',
         'its header is encoded')
    ok(HEADER + b'Subject: \xff\xfe\r\n' in
       n.original.get_payload(decode=True), 'and whole')
    s.end()


def utf8():
    s = Line()
    s.inject(message(['j\u00fcrgen@rcpt.plain.example'], body(1),
                     sender='a@sender.example'),
             message(['u@rcpt.plain.example'], body(1),
                     sender='\u00e4@sender.example'))
    ok(until(s.empty), 'addresses that are not ASCII')
    got = {e.split('rcpt <')[1].split('>')[0]: (e, o) for e, o in s.got()}
    same(sorted(got), ['a@sender.example', '\u00e4@sender.example'],
         'both senders are told')
    o = got['a@sender.example'][1]
    ok(b'Content-Type: message/global-delivery-status\r\n' in o and
       'Final-Recipient: utf-8; j\u00fcrgen@rcpt.plain.example\r\n'.encode()
       in o, 'in a global delivery status', o)
    m = email.message_from_bytes(o, policy=STRICT)
    same([p.get_content_type() for p in m.iter_parts()],
         ['text/plain', 'message/global-delivery-status',
          'text/rfc822-headers'], 'that is read without a defect')
    ok('j\u00fcrgen' in next(m.iter_parts()).get_content(),
       'and is the same for people')
    s.inject(message(['u@rcpt.plain.example'],
                     'Subject: \u00fc\r\n\r\n\u00e9\r\n'.encode(), ret=b'F'))
    ok(until(s.empty), 'a header in UTF-8')
    m = email.message_from_bytes(s.got()[0][1], policy=STRICT)
    original = list(m.iter_parts())[2]
    same((original.get_content_type(), original['Content-Transfer-Encoding'],
          original.get_payload(0)['Subject']), ('message/global', '8bit',
                                                '\u00fc'), 'goes back as it is')
    e, o = got['\u00e4@sender.example']
    ok('To: <\u00e4@sender.example>\r\n'.encode() in o and 'SMTPUTF8' in e,
       'a notice to such a sender goes by SMTPUTF8', e)
    s.end()


GOOD = ('{"kind":"failed","id":"1.M2P3Q4.host-%d","sender":"hand@sender.example",'
        '"size":1,"arrival":1000000,"expiry":2,"envid":"","ret":"","stream":"",'
        '"route":"","tenant":"","campaign":"","notice":false,'
        '"recipient":"c@d.example","time":1,"code":550,"phase":"r",'
        '"status":"5.1.1","text":"no","host":"mx.example","notify":0,'
        '"orcpt":""}\n')


def trouble():
    s = Line()
    new = s.base + '/spool/bounce/new/'

    def leave(name, text):
        with open(s.base + '/spool/bounce/tmp/' + name, 'w') as f:
            f.write(text)
        os.rename(s.base + '/spool/bounce/tmp/' + name, new + name)

    leave('5.M6P7Q8.host', GOOD % 0 + '{"kind":\n' + GOOD % 1 + 'x')
    ok(until(lambda: os.path.exists(s.base + '/spool/bad/5.M6P7Q8.host')),
       'a file with a malformed line is set aside')
    ok(until(lambda: len(glob.glob(s.base + '/got/new/*.msg')) == 2),
       'but all else in it was told')
    s.got()
    os.unlink(s.base + '/spool/bad/5.M6P7Q8.host')
    s.inst.stop(only=['dray-queued'])
    leave('6.M6P7Q8.host', GOOD % 0 + GOOD % 1)
    ok(until(lambda: os.listdir(s.base + '/spool/bounce/cur')),
       'without dray-queued a file waits')
    before = s.inst.cpu()['dray-bounce']
    time.sleep(0.5)
    ok(s.inst.cpu()['dray-bounce'] - before < 0.1, 'idly')
    s.inst.stop(signal.SIGKILL, ['dray-bounce'])
    s.inst.start(['dray-bounce', 'dray-queued'])
    ok(until(lambda: len(glob.glob(s.base + '/got/new/*.msg')) == 4 and
             s.empty()), 'and is done when it is back')
    ids = [Notice(*x).mail['Message-ID'] for x in s.got()]
    same(ids, ['<6.M6P7Q8.host-%d@bench.example>' % i for i in (0, 1)],
         'Message-IDs follow from the file')
    r = subprocess.run([s.inst.bin + '/dray-bounce', '-b', s.base],
                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       timeout=20)
    ok(r.returncode == 111 and b'another dray-bounce' in r.stderr,
       'there is one to a spool', r)
    t = time.time()
    s.inst.stop(only=['dray-bounce'])
    ok(time.time() - t < 3, 'it ends at once')
    s.end()


def refused():
    """dray-queued takes smaller mail than before: what goes back with one
    notice is too much, and it says so before all of that is there."""
    s = Line(conf=CONF.replace('return-size = 4K', 'return-size = 1M'),
             daemons=[d for d in ALL if d != 'dray-bounce'])
    big = HEADER + b'\r\n' + (b'x' * 70 + b'\r\n') * 12000
    s.inject(*[message(['u%d@rcpt.plain.example' % i],
                       big if i == 2 else body(1), ret=b'F')
               for i in range(5)])
    new = s.base + '/spool/bounce/new/'
    ok(until(lambda: len(s.events('Bounce')) == 5 and os.listdir(new)),
       'five messages fail')
    s.inst.stop(only=['dray-queued'])
    s.inst.conf(CONF.replace('[retry]', 'max-message-size = 100K\n[retry]'))
    s.inst.start(['dray-queued', 'dray-bounce'])
    bad = s.base + '/spool/bad/'
    ok(until(lambda: os.listdir(bad)), 'the notice of one is refused')
    got = []
    ok(until(lambda: got.extend(s.got()) or len(got) >= 4),
       'the others are told', len(got))
    same(sorted(r['Final-Recipient'].split()[1][:2] for n in got
                for r in Notice(*n).rcpts), ['u0', 'u1', 'u3', 'u4'],
         'each once')
    ok(until(s.empty), 'and nothing is left')
    same(s.got(), [], 'not even a second notice')
    for n in os.listdir(bad):
        os.unlink(bad + n)
    s.end()


def users():
    """As dray-setup does it: dray-bounce has a user of its own."""
    if os.getuid():
        skip('a user of its own', 'takes root')
        return
    os.chmod(top, 0o755)
    q, ret, out = 54321, 54322, 54323
    try:
        subprocess.run([os.path.join(BUILD, 'bin/dray-send'), '-x'], user=q,
                       group=q, stderr=subprocess.DEVNULL)
    except PermissionError:
        skip('a user of its own', 'it cannot reach the programs')
        return
    s = Line(daemons=[])
    for d, gid, mode in (
            ('', 0, 0o755), ('spool', ret, 0o710), ('spool/tmp', q, 0o700),
            ('spool/new', q, 0o700), ('spool/cur', q, 0o700),
            ('spool/free', q, 0o700), ('spool/bad', ret, 0o1730),
            ('spool/bounce', ret, 0o710), ('spool/bounce/tmp', ret, 0o2700),
            ('spool/bounce/new', ret, 0o2770),
            ('spool/bounce/cur', ret, 0o2770), ('spool/trigger', q, 0o600),
            ('sock', q, 0o1777), ('log', q, 0o700), ('overrides', q, 0o755)):
        path = os.path.join(s.base, d)
        os.chown(path, q, gid)
        os.chmod(path, mode)
    s.inst.users = {d: dict(user=q, group=out, extra_groups=[])
                    for d in ALL}
    s.inst.users['dray-bounce'] = dict(user=ret, group=ret, extra_groups=[])
    s.inst.start(ALL)
    s.inject(message(['u@rcpt.plain.example'], body(1)))
    got = []
    ok(until(lambda: got.extend(s.got()) or got), 'a notice arrives')
    ok(until(s.empty), 'and nothing is left')
    name = s.base + '/spool/bounce/new/5.M6P7Q8.host'
    with open(name, 'w') as f:
        f.write('x')
    os.chown(name, q, ret)
    os.chmod(name, 0o640)
    s.inst.stop(only=['dray-bounce'])
    s.inst.start(['dray-bounce'])
    ok(until(lambda: os.path.exists(s.base + '/spool/bad/5.M6P7Q8.host')),
       'what is malformed can be set aside')
    os.unlink(s.base + '/spool/bad/5.M6P7Q8.host')
    s.end()


try:
    for part in (table, many, delays, doubles, utf8, trouble, refused,
                 users):
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
