#!/usr/bin/python3
# dray-remote: mail goes through, in each of the four ways.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from remote import *

same(Send().end(), 0, 'exits 0 when dray-send goes away')

PLAIN = text(10000, 'plain')
DOTS = b'Subject: dots\r\n\r\n.one\r\n..two\r\n\r\n.\r\nend\r\n'
BIG = text(700000, 'big')
BIGDOTS = b'.first\r\n' + b'.xyz\r\n0123456789\r\n' * 40000
EMPTY = b''

for name, caps, how in (('PIPELINING and CHUNKING', BOTH, 'B'),
                        ('PIPELINING', PIPE, 'D'), ('CHUNKING', CHUNK, 'B'),
                        ('neither', (), 'D')):
    got = []
    peer = Peer(server(*caps, store=got))
    s = Send()
    bodies = [PLAIN, DOTS, BIG, BIGDOTS, EMPTY] * 3
    s.bundle(7, bodies[:5])
    s.lane(1, peer)
    for i in range(15):
        s.job(1, 100 + i, 7, i % 5, ['r%d@peer.example' % i])
    up = s.want('U')
    same(up['address'], 0, name + ': up at the first address')
    rs = [s.want('R') for _ in range(15)]
    same([r['job'] for r in rs], list(range(100, 115)),
         name + ': results in order')
    ok(all(r['codes'] == [250] and r['phases'] == 'd' and r['how'] == how
           for r in rs), name + ': all 250')
    same([r['number'] for r in rs], list(range(1, 16)), name + ': numbered')
    same(rs[0]['rcpts'][0][2:], ('2.0.0', b'2.0.0 taken'),
         name + ': status and text')
    same([x[2] for x in got], bodies, name + ': octets as they should be')
    same([x[1] for x in got],
         [['RCPT TO:<r%d@peer.example>' % i] for i in range(15)],
         name + ': recipients')
    s.close(1)
    e = s.want('E')
    same((e['reason'], e['done'], e['jobs']), ('q', 15, []), name + ': QUIT')
    same(peer.conns[0].log[-1], 'QUIT', name + ': the server saw it')
    same(peer.errors, [], name + ': the server is content')
    same(s.end(), 0, name + ': exit 0')
    same(s.stderr, b'', name + ': nothing on stderr')

done()
