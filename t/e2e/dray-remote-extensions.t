#!/usr/bin/python3
# dray-remote: DSN (RFC 3461) and LIMITS (RFC 9422), and SMTPUTF8 (RFC 6531)
# where not every server of a destination offers it.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from remote import *

# --- DSN: RET and ENVID, NOTIFY and ORCPT; with and without it

MAILS = (
    # ret, envid, parameters
    ('', '', ''),
    ('F', '', ' RET=FULL'),
    ('H', '', ' RET=HDRS'),
    ('', 'QQ314159', ' ENVID=QQ314159'),
    ('F', 'QQ+2B314159', ' RET=FULL ENVID=QQ+2B314159'),
    ('', 'a+b', ' ENVID=a+2Bb'),
    ('', 'a+2', ' ENVID=a+2B2'),
    ('', 'a+2b', ' ENVID=a+2B2b'),
    ('', 'a=b', ' ENVID=a+3Db'),
    ('', 'a b~!', ' ENVID=a+20b~!'),
    ('', 'x' * 100, ' ENVID=' + 'x' * 100),
    ('H', ' ' + 'x' * 99, ' RET=HDRS'),
)
RCPTS = (
    # notify, orcpt, parameters
    (0, '', ''),
    (1, '', ' NOTIFY=NEVER'),
    (2, '', ' NOTIFY=SUCCESS'),
    (4, '', ' NOTIFY=FAILURE'),
    (8, '', ' NOTIFY=DELAY'),
    (6, '', ' NOTIFY=SUCCESS,FAILURE'),
    (10, '', ' NOTIFY=SUCCESS,DELAY'),
    (12, '', ' NOTIFY=FAILURE,DELAY'),
    (14, '', ' NOTIFY=SUCCESS,FAILURE,DELAY'),
    (4, 'rfc822;Bob@Example.com', ' NOTIFY=FAILURE ORCPT=rfc822;Bob@Example.com'),
    (0, 'rfc822;a+2Bb@x', ' ORCPT=rfc822;a+2Bb@x'),
    (0, 'rfc822;a+b@x', ' ORCPT=rfc822;a+2Bb@x'),
    (0, 'rfc822;a=b@x', ' ORCPT=rfc822;a+3Db@x'),
    (0, 'rfc822;"a b"@x', ' ORCPT=rfc822;"a+20b"@x'),
    (0, 'x400;/C=us/', ' ORCPT=x400;/C+3Dus/'),
    (0, 'utf-8;j\\x{F6}@x', ' ORCPT=utf-8;j\\x{F6}@x'),
    (0, 'no-type', ''),
    (0, ';x', ''),
    (1, 'a+b;x', ' NOTIFY=NEVER'),
    (0, 'rfc822;' + 'x' * 493, ' ORCPT=rfc822;' + 'x' * 493),
    (0, 'rfc822;+' + 'x' * 491, ''),
)
for caps in (('DSN',), ()):
    got = []
    peer = Peer(server(*caps, *BOTH, store=got))
    s = Send()
    s.bundle(1, [text(100)])
    s.lane(1, peer)
    for i, (ret, envid, _) in enumerate(MAILS):
        s.job(1, i, 1, 0, ['a@x'], ret=ret, envid=envid)
    s.job(1, 99, 1, 0, [('r%d@x' % i, n, o) for i, (n, o, _) in
                        enumerate(RCPTS)])
    s.want('U')
    for _ in range(len(MAILS) + 1):
        s.want('R')
    s.end()
    what = 'DSN: ' if caps else 'no DSN: '
    for (ret, envid, want), g in zip(MAILS, got):
        same(g[0][len('MAIL FROM:<s@client.example>'):], want if caps else '',
             what + 'RET %r ENVID %.20r' % (ret, envid))
    for (notify, orcpt, want), g in zip(RCPTS, got[-1][1]):
        same(g[g.index('>') + 1:], want if caps else '',
             what + 'NOTIFY %d ORCPT %.20r' % (notify, orcpt))

# --- LIMITS


def limits(words, **k):
    got = []
    peer = Peer(server(*BOTH, 'LIMITS ' + words, store=got))
    s = Send()
    s.bundle(1, [text(100)])
    s.hold()
    s.lane(1, peer, **k)
    for i in range(5):
        s.job(1, i, 1, 0, ['a%d@x' % j for j in range(4)])
    s.go()
    u = s.want('U')
    fs = s.until('R')
    while len(fs) < 5 and fs[-1]['type'] == 'R':
        fs.append(s.next())
    s.close(1)
    if fs[-1]['type'] != 'E':
        fs.append(s.want('E'))
    s.end()
    return u, fs, got


for words, want in (('RCPTMAX=3 MAILMAX=2', (3, 2)),
                    ('mailmax=7 rcptdomainmax=1', (0, 7)),
                    ('RCPTMAX=', (0, 0)), ('RCPTMAX=0', (0, 0)),
                    ('RCPTMAX=4294967296 MAILMAX=x7', (0, 0)),
                    ('RCPTMAX=5x  MAILMAX=9', (0, 9)), ('', (0, 0)),
                    ('FOO=1 BAR RCPTMAX=4', (4, 0))):
    u, fs, got = limits(words)
    same((u['rcptmax'], u['mailmax']), want, 'LIMITS ' + words)
    if words[:9] == 'RCPTMAX=3':
        same([f['codes'] for f in fs[:2]], [[250, 250, 250, 452]] * 2,
             'RCPTMAX: the fourth recipient is not asked for')
        same((fs[0]['rcpts'][3], [len(g[1]) for g in got]),
             ((452, 'r', '4.5.3',
               b'more recipients than this server takes at a time'), [3, 3]),
             'and why')
        same((fs[2]['type'], fs[2]['reason'], fs[2]['jobs']),
             ('E', 'q', [(2, 0), (3, 0), (4, 0)]),
             'MAILMAX: QUIT after two, the others come back')
    else:
        same(sum(f.get('codes') == [250] * 4 for f in fs), 5,
             'all are delivered')
u, fs, got = limits('MAILMAX=4', messages=3)
same(len(got), 3, 'our own limit is lower')
u, fs, got = limits('MAILMAX=3', messages=4)
same(len(got), 3, 'MAILMAX is lower')

# --- SMTPUTF8 where the first server does not offer it

UMLAUT = ['j\u00f6@x']


def utf8(*peers, jobs=(0, 1, 0), **k):
    """Jobs (1: needs SMTPUTF8) over hosts: results by job, DOWN, the UPs."""
    s = Send()
    s.bundle(1, [text(100)])
    s.hold()
    s.lane(1, [p if isinstance(p, tuple) else (p.ip, p.port, 'mx%d' % i)
               for i, p in enumerate(peers)], **k)
    for i, j in enumerate(jobs):
        s.job(1, i, 1, 0, UMLAUT if j else ['a@x'])
    s.go()
    rs, ups = {}, []
    while len(rs) < len(jobs):
        f = s.next()
        if f['type'] == 'U':
            ups.append(f['address'])
        elif f['type'] == 'R':
            rs[f['job']] = f
        else:
            break
    else:
        s.close(1)
        f = s.want('E')
    s.end()
    same((s.proc.returncode, s.stderr), (0, b''), 'exit 0')
    return rs, f, ups


def dead():
    t = socket.socket()
    t.bind(('127.0.0.1', 0))
    return '127.0.0.1', t.getsockname()[1], 'dead', t


for how in (BOTH, PIPE, ()):
    got0, got1 = [], []
    a = Peer(server(*how, store=got0))
    b = Peer(server(*how, 'SMTPUTF8', store=got1))
    rs, e, ups = utf8(a, b)
    same(([rs[i]['codes'] for i in range(3)], ups, e['reason'], e['jobs']),
         ([[250]] * 3, [0, 1], 'q', []), 'on to the second server')
    same(([len(got0), len(got1)], 'SMTPUTF8' in got1[0][0],
          [len(a.conns), len(b.conns)], a.conns[0].log[-1]),
         ([1, 2], True, [1, 1], 'QUIT'), 'with QUIT at the first')

plain = [Peer(server(*BOTH)) for _ in range(3)]
rs, e, ups = utf8(*plain)
same((rs[1]['rcpts'][0][:3], rs[0]['codes'], sorted(rs), ups),
     ((0, 'm', '5.6.7'), [250], [0, 1], [0]),
     'none offers it: that message fails')
same((e['reason'], e['jobs']), ('q', [(2, 0)]), 'the others come back')
same([len(p.conns) for p in plain], [1, 1, 1], 'all were asked')

rs, e, ups = utf8(plain[0], jobs=(0, 1, 0))
same(([rs[i]['codes'] for i in (0, 2)], rs[1]['rcpts'][0][:3]),
     ([[250], [250]], (0, 'm', '5.6.7')), 'only one server: the lane goes on')

p = plain[0]
rs, e, ups = utf8((p.ip, p.port, 'one'), (p.ip, p.port, 'ONE'), jobs=(1, 0))
same((rs[0]['rcpts'][0][:3], rs[1]['codes'], len(p.conns)),
     ((0, 'm', '5.6.7'), [250], 3), 'two addresses of one server')

d = dead()
for order in ((d[:3], (p.ip, p.port, 'one')), ((p.ip, p.port, 'one'), d[:3])):
    rs, e, ups = utf8(*order, jobs=(1,))
    same(rs[0]['rcpts'][0][:3], (0, 'm', '4.6.7'),
         'one that cannot be reached might offer it: later')

done()
