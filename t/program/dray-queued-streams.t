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

# Rules


def stream(head, **m):
    v = inject(q, body=head.encode() + b'\r\nPrecedence: bulk\r\n', **m)
    if v[0] != 'A':
        return v
    got = q.messages()[0]['stream']
    q.clear()
    return got


def become(want, head, name, **m):
    ok(until(lambda: stream(head, **m) == want, 10), name, stream(head, **m))


same(stream('Subject: x\r\n'), 'regular', 'nothing special')
same(stream('Precedence: bulk\r\n'), 'bulk', 'built-in: Precedence')
same(stream('list-id: <x>\r\n'), 'bulk', 'List-Id')
same(stream('Subject: x\r\nList-Unsubscribe:\r\n <mailto:x>\r\n'), 'bulk',
     'List-Unsubscribe')
same(stream('Subject: x\r\n', campaign='c'), 'bulk', 'a campaign')
many = ['r%d@d.example' % i for i in range(50)]
same(stream('Subject: x\r\n', rcpts=many), 'bulk', '50 recipients')
same(stream('Subject: x\r\n', rcpts=many[1:]), 'regular', '49')
same(stream('Precedence: bulk\r\n', stream='transactional'),
     'transactional', 'what was chosen stays')
q.policy('''
[stream ads]
priority = 9
[match ads]
header = Subject: *buy now*
sender = *@ads.example
uid = %d
stream = ads
[match receipts]
tenant = shop
recipients-from = 2
stream = transactional
[match fast]
chosen = transactional
has-header = List-Id
stream = bulk
[match old]
chosen = old-*
stream = ads
''' % os.getuid())
become('ads', 'Subject: BUY\r\n  now!\r\nList-Id: x\r\n', 'a rule, at once',
       sender='x@ads.example')
same(stream('Subject: buy now\r\n', sender='x@shop.example'), 'regular',
     'another sender')
same(stream('List-Id: x\r\n', tenant='shop', rcpts=many[:2]),
     'transactional', 'a tenant and two recipients')
same(stream('List-Id: x\r\n', tenant='shop'), 'bulk', 'one recipient')
same(stream('List-Id: x\r\n', stream='transactional'), 'bulk',
     'a sender who is overruled')
same(stream('To: x\r\n', stream='transactional'), 'transactional',
     'and one who is not')
same(stream('To: x\r\n', stream='old-news'), 'ads', 'a name translated')
ok(refused(stream('To: x\r\n', stream='new'), '5.5.4', 'no such stream: new'),
   'one that nobody knows')

# A message in pieces of one octet, while the rules change

text = b'Subject: a\r\nX-Kind:\r\n ad\r\n\r\nhello\r\n'
q.policy('[match kind]\nheader = X-Kind: ad\nstream = bulk\n')
become('bulk', 'X-Kind: ad\r\n', 'another rule')
c = Client(q)
c.send(M() + R('r@x.example'))
for i in range(20):
    c.send(D(text[i:i + 1]))
q.policy('[match kind]\nheader = X-Kind: *\nstream = transactional\n')
become('transactional', 'X-Kind: ad\r\n', 'and another')
for i in range(20, len(text)):
    c.send(D(text[i:i + 1]))
c.send(E(len(text)))
same(c.verdict()[0], 'A', 'a message in pieces')
same([m['stream'] for m in q.messages()], ['bulk'],
     'is judged by the rules that it began with')
q.clear()
big = text[:-9] + b'\r\n' + 4000 * (b'x' * 76 + b'\r\n')
same(inject(q, body=big)[0], 'A', 'a large message')
same([m['stream'] for m in q.messages()], ['transactional'], 'is judged too')
q.clear()

# A stream that the rule of a message under way leads to may be gone.

q.policy('[stream s]\n[match kind]\nheader = X-Kind: *\nstream = s\n')
become('s', 'X-Kind: ad\r\n', 'a stream of its own')
c.send(M() + R('r@x.example') + D(text))
q.policy('')
become('regular', 'X-Kind: ad\r\n', 'that goes')
c.send(E(len(text)))
same(c.verdict()[0], 'A', 'mail that was on its way there is taken')
same([m['stream'] for m in q.messages()], ['regular'], 'all the same')
c.close()

done()
