#!/usr/bin/python3
# dray-bounce --parse: what messages mean that come back, who is known by a
# token, and how little it costs, whatever they are.
import base64
import json
import os
import resource
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import comeback
from comeback import keyed, token
from queued import *

T = tempfile.mkdtemp(prefix='dray-test.')
atexit.register(shutil.rmtree, T, True)
BASE = T + '/base'
comeback.make_base(BASE, B)
comeback.make_keys(BASE)
MEMORY = 192 << 20


def put(name, message):
    path = '%s/%s' % (T, name.replace(' ', '-').replace('/', '-'))
    with open(path, 'wb') as f:
        f.write(message.encode() if isinstance(message, str) else message)
    return path


def little():
    """In as much memory as libraries and their files need, and little more."""
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def parse(*paths, base=BASE):
    """Exit code, the lines, standard error, seconds of CPU"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.Popen([B + '/bin/dray-bounce', '-b', base, '--parse'] +
                         list(paths), stdout=subprocess.PIPE, preexec_fn=little,
                         stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    out, err = p.communicate(timeout=60)
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (p.returncode, [json.loads(x) for x in out.splitlines()],
            err.decode(), u.ru_utime + u.ru_stime - before.ru_utime -
            before.ru_stime)


def one(message):
    return parse(put('one', message))[1][0]


# What each sample means, with LF and with CRLF.
for end in ('\n', '\r\n'):
    paths = {put(name, m.replace('\n', end)): name
             for name, (m, kind, want) in comeback.SAMPLES.items()}
    rc, lines, err = parse(*paths)[:3]
    ok(rc == 0 and not err, 'all samples are parsed', err)
    got = {}
    for line in lines:
        got.setdefault(paths[line['file']], []).append(line)
    for name, (m, kind, want) in comeback.SAMPLES.items():
        g = got.get(name, [])
        same([(x['kind'], x.get('recipient', ''), x['class'], x['hardsoft'],
               x['action']) for x in g], [(kind,) + w for w in want],
             name if end == '\n' else name + ', with CRLF')
        if kind == 'dsn' and end == '\n' and comeback.ORIGINAL in m:
            same({x.get('message_id') for x in g}, {'77@example.com'},
                 name + ': which message it was')

# Passed on by somebody, as a part of a mail.
OUTER = '''From: Joe <joe@office.example>
To: bounces@example.com
Subject: Fwd: what is this
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: text/plain

See below.

--outer
Content-Type: message/rfc822

%s
--outer--
'''
bad = []
for name, (m, kind, want) in comeback.SAMPLES.items():
    g = parse(put('one', OUTER % m))[1]
    mine = [(x['kind'], x.get('recipient', ''), x['class']) for x in g]
    if kind == 'dsn' and name != 'json' and mine != [
            (kind,) + w[:2] for w in want]:
        bad.append((name, mine))
ok(not bad, 'notices that somebody passed on', bad)

x = one(comeback.SAMPLES['postfix'][0])
same((x['status'], x['code'], x['attributed'], x['reporter'], x['sender']),
     ('5.1.1', 550, 'report', 'mx.example.net', 'news@example.com'),
     'what else is known')
x = one(comeback.SAMPLES['redacted complaint'][0])
same((x['feedback_type'], x['message_id'], x['reporter']),
     ('not-spam', '77@example.com', 'Loop/1.0'), 'what a complaint says')


# Tokens.
def to(tok):
    m = comeback.SAMPLES['postfix'][0]
    return one(m.replace('<bounces@example.com>',
                         '<bounces+%s@example.com>' % tok))


mine = token(b'ann@example.org')
x = to(mine)
same((x['attributed'], x['token'], x['recipient']),
     ('token', {'arrival': 1000, 'address': keyed(b'aann@example.org').hex(),
                'campaign': '01020304'}, 'ann@example.org'),
     'a token says who it was')
same(to(mine.upper())['attributed'], 'token', 'in any case')
x = to(token(b'ann@example.org', bytes(32)))
same((x['attributed'], x.get('token'), x['forged']), ('report', None, 1),
     'a forged one is worth nothing, and counted')
m = comeback.SAMPLES['qmail'][0]
x = one(m.replace('news@example.com', 'bounces+%s@example.com' % mine))
same(x['attributed'], 'token', 'one in the message that came back is as good')
x = one(comeback.SAMPLES['complaint'][0].replace(
    '<77@example.com>', '<%s@example.com>' % token(b'ann@example.org')))
same(x['attributed'], 'token', 'or in its Message-ID')

# Nothing is too much.
HEAD = ('From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n'
        'MIME-Version: 1.0\n')
TYPE = 'Content-Type: multipart/mixed; boundary="%s"\n\n'
deep = ''.join(TYPE % ('b%d' % i) + '--b%d\n' % i for i in range(1000))
wide = TYPE % 'b' + '--b\nContent-Type: text/plain\n\nx\n' * 10000
digest = ('Content-Type: multipart/digest; boundary=b\n\n' +
          '--b\n\nContent-Type: multipart/digest; boundary=b\n\n' * 1000)
nested = 'Content-Type: message/rfc822\n\n' * 1000
folded = ''.join('Content-Type:\n multipart/mixed;\n boundary=b%d\n\n--b%d\n' %
                 (i, i) for i in range(1000))
large = '\n<ann@example.org>: host said: 550 5.1.1 no such user\n\n' + (
    'x' * 76 + '\n') * 680000
zipped = TYPE % 'b' + (
    '--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n' +
    base64.encodebytes(base64.encodebytes(b'a' * 200000)).decode()) * 8
ats = '\n' + '<a@b' * 250000
tags = 'Content-Type: text/html\n\n' + '<a' * 500000
fields = 'X: y\n' * 200000
finals = ('Content-Type: message/delivery-status\n\n' + ''.join(
    'Final-Recipient: rfc822; u%d@example.org\nAction: failed\n\n' % i
    for i in range(10000)))
names = '\n' + ''.join('u%d@example.org\n' % i for i in range(100)) + (
    'about x@example.org and\n' * 5000) + 'u1@example.org\n' * 5000
limit = 60 if SANITIZED else 2
for name in ('deep', 'wide', 'digest', 'nested', 'folded', 'large', 'zipped',
             'ats', 'tags', 'fields', 'finals',
             'names'):
    rc, lines, err, cpu = parse(put(name, HEAD + globals()[name]))
    ok(rc == 0 and 1 <= len(lines) <= 100 and cpu < limit, name + ' is bounded',
       '%s %s %d lines, %.2f s' % (rc, err, len(lines), cpu))
    if name in ('deep', 'wide', 'folded', 'large', 'finals'):
        ok(lines[0].get('cut'), name + ' is cut, and that is said')
    if name == 'large':
        same(lines[0]['recipient'], 'ann@example.org',
             'what stands in front is known')

# Files that are none.
good = put('good', comeback.SAMPLES['postfix'][0])
rc, lines, err = parse(good, T + '/none', put('empty', ''))[:3]
same((rc, [x['kind'] for x in lines]), (111, ['dsn', 'other']),
     'a file that is not there is said, the others are parsed')
ok('none' in err, 'by its name', err)
same(parse(base=BASE)[0], 100, 'no files are wrong usage')
same(parse(good, base=T)[0], 100, 'there has to be a policy')
done()
