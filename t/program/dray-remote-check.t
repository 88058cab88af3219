#!/usr/bin/python3
# dray-remote: two lanes check the same large message at a time, a slice at a
# turn.  Who is second takes the result of the first, and starts his next check
# at the beginning.
import os
import sys
import threading
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from remote import *

LANES = 1, 2
leave = {n: threading.Event() for n in LANES}
got = []


def peer(lane):
    def end(c, rcpts, body):
        leave[lane].wait(WAIT)
        return '250 taken'
    return Peer(server(*BOTH, store=got, end=end))


# What a job was is used again for the next, the last that was free first.  So
# the answers come one after the other, and each lane gets that of its own.
s = Send()
for n in LANES:
    s.lane(n, peer(n))
for n in LANES:
    s.want('U')
large = [text(5000000, str(i)) for i in range(3)]
s.bundle(7, large)
s.hold()
for n in LANES:
    s.job(n, n, 7, 0, ['a@x'])
s.go()
for n in LANES:
    leave[n].set()
    f = s.want('R')
    same((f['lane'], f['codes']), (n, [250]),
         'the same message by lane %d' % n)
s.hold()
for n in reversed(LANES):
    s.job(n, 10 + n, 7, n, ['a@x'])
s.go()
fs = [s.next() for n in LANES]
same(sorted((f['type'], f['lane'], f.get('codes')) for f in fs),
     [('R', n, [250]) for n in LANES], 'then each another one')
ok(sorted(x[2] for x in got) == sorted([large[0]] + large), 'octet by octet')
same(s.end(), 0, 'exit 0')
done()
