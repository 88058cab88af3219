#!/usr/bin/python3
# dray-queued: kinds of mail.  Which there are follows the policy while mail
# comes; each may have a lifetime.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from queued import *

q = Queued()


def lives(**m):
    v = inject(q, **m)
    if v[0] != 'A':
        return v
    got = q.messages()[0]
    q.clear()
    return got['expiry'] - got['arrival'] // 1000000


def soon(want, name, **m):
    ok(until(lambda: lives(**m) == want, 10), name, lives(**m))


# Those that are there without text

for name in ('transactional', 'regular', 'notices', 'bulk'):
    inject(q, stream=name)
    same(q.messages()[0]['stream'], name, name)
    q.clear()
ok(refused(inject(q, stream='urgent'), '5.5.4', 'no such stream: urgent'),
   'one that is not there')
same(len(q.messages()), 0, 'nothing is queued')

# Lifetimes

DAY = 86400
same(lives(), 5 * DAY, 'a message lives as long as the policy says')
q.policy('''
[stream transactional]
lifetime = 1h
[stream slow]
lifetime = 10d
''')
soon(3600, 'a stream has a lifetime, at once', stream='transactional')
same(lives(stream='transactional', lifetime=20), 20, 'a message has its own')
same(lives(stream='transactional', lifetime=7200), 7200,
     'which may be longer')
same(lives(stream='transactional', lifetime=99 * DAY), 5 * DAY,
     'but not than any may be')
same(lives(stream='slow'), 10 * DAY, 'a stream may have more')
same(lives(stream='slow', lifetime=99 * DAY), 10 * DAY, 'and lend it')
same(lives(stream='bulk'), 5 * DAY, 'others have what all have')
q.policy('')
ok(until(lambda: refused(inject(q, stream='slow'), '5.5.4'), 10),
   'a stream can go')
q.clear()
same(lives(stream='transactional'), 5 * DAY, 'and so can its lifetime')

done()
