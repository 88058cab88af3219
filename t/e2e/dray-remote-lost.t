#!/usr/bin/python3
# dray-remote: connections that end, hang, or talk nonsense, before and in the
# middle of mail; what is reported as not begun, begun, in doubt.
import os
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from remote import *


def start(talk, jobs, bodies=None, peers=None, **lane):
    peer = Peer(talk) if talk else None
    s = Send()
    s.bundle(7, bodies or [text(500)])
    s.hold()
    s.lane(1, peers or peer, **lane)
    for i in range(jobs):
        s.job(1, i, 7, i % len(s.messages[7]), ['r%d@x' % i])
    s.go()
    return s, peer


def lost(talk, jobs=2, **k):
    """Frames up to DOWN."""
    s, peer = start(talk, jobs, **k)
    fs = s.until('E')
    s.end()
    if s.stderr:
        print('# ' + s.stderr.decode())
    return fs, fs[-1], peer


def closed_port():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    p = s.getsockname()[1]
    s.close()
    return ('127.0.0.1', p)


# --- before the first message

def e_of(name, talk, reason, phase, code=None, textpart=None, **k):
    fs, e, peer = lost(talk, **k)
    same((len(fs), e['reason'], e['phase'], e['jobs']),
         (1, reason, phase, [(0, 0), (1, 0)]), name)
    if code is not None:
        same(e['code'], code, name + ': code')
    if textpart is not None:
        ok(textpart in e['text'], name + ': text (%r)' % e['text'][:60])


e_of('nobody listens', None, 'c', 'c', 0, b'refused', peers=[closed_port()])
e_of('554 greeting', lambda c: (c.say('554 5.7.1 go away'), c.eof()), 'c',
     'g', 554, b'5.7.1 go away')
e_of('421 greeting', lambda c: (c.say('421 busy'), c.eof()), 'c', 'g', 421)
e_of('250 is no greeting', lambda c: (c.say('250 hi'), c.eof()), 'c', 'g')
e_of('closes at once', lambda c: None, 'c', 'g', 0, b'closed')
fs, e, peer = lost(lambda c: c.reset())
ok(e['reason'] == 'c' and e['phase'] in 'cg' and e['jobs'] == [(0, 0), (1, 0)],
   'resets at once')
e_of('says nothing', lambda c: c.eof(), 'c', 'g', 0, b'timeout', greeting=1)
e_of('talks HTTP', lambda c: (c.say('HTTP/1.1 400 Bad'), c.eof()), 'c', 'g',
     0, b'not an SMTP reply')


def forever(c):
    try:
        while True:
            c.s.sendall(b'220-' + b'x' * 1000 + b'\r\n')
    except OSError:
        pass


def oneline(c):
    try:
        c.s.sendall(b'220 ')
        while True:
            c.s.sendall(b'x' * 65536)
    except OSError:
        pass


e_of('greets forever', forever, 'c', 'g', 0, b'too many lines')
e_of('one endless line', oneline, 'c', 'g', 0, b'endless')


def drip(c):
    try:
        while True:
            c.s.sendall(b'220-slow\r\n')
            time.sleep(.05)
    except OSError:
        pass


t = time.time()
e_of('drips a greeting', drip, 'c', 'g', 0, b'timeout', greeting=1)
ok(time.time() - t < 5, 'and is not waited for for ever')


def bad_ehlo(c):
    c.say('220 hi')
    c.expect('EHLO')
    c.say('451 later')
    c.eof()


e_of('EHLO 451', bad_ehlo, 'c', 'e', 451)


def pushy(c):
    c.say('220 hi', '250-x', '250 PIPELINING')
    c.eof()


e_of('answers before it is asked', pushy, 'c', 'e', 0, b'to nothing')

# --- HELO after 5xx to EHLO, not after 4xx

got = []


def old(c):
    c.say('220 hi')
    c.expect('EHLO')
    c.say('502 what')
    c.expect('HELO')
    c.say('250 hello')
    for _ in range(2):
        c.expect('MAIL')
        c.say('250 ok')
        c.expect('RCPT')
        c.say('250 ok')
        c.expect('DATA')
        c.say('354 ok')
        got.append(c.data())
        c.say('250 ok')
    c.expect('QUIT')
    c.say('221 bye')


fs, e, peer = lost(old, messages=2)
same(([f['type'] for f in fs], fs[0]['caps'], len(got), e['reason'],
      peer.errors), (['U', 'R', 'R', 'E'], 0, 2, 'q', []), 'HELO after 502')

# --- the next address

a = Peer(lambda c: (c.say('554 no'), c.eof()))
b = Peer(lambda c: (c.say('220 hi'), c.expect('EHLO'), c.say('421 no'),
                    c.eof()))
d = Peer(server(*BOTH))
fs, e, peer = lost(None, peers=[closed_port(), a, b, d], messages=2)
same((fs[0]['type'], fs[0]['address'], e['reason'], e['address']),
     ('U', 3, 'q', 3), 'address after address until one is good')
fs, e, peer = lost(None, peers=[a, closed_port()])
same((e['reason'], e['code'], e['address']), ('c', 554, 0),
     "a server's words are worth more than a refused connection")
fs, e, peer = lost(None, peers=[('::1', 9), d], messages=2,
                   source='127.0.0.1')
same((fs[0]['type'], fs[0]['address'], fs[0]['local']), ('U', 1, '127.0.0.1'),
     'an address of another family than the source is passed over')
fs, e, peer = lost(None, peers=[d], messages=2, source='127.9.8.7')
same((fs[0]['type'], fs[0]['local']), ('U', '127.9.8.7'), 'source address')

# --- the server hangs up

fs, e, peer = lost(server(*BOTH, drop_after=1), jobs=3, depth=1)
same([f['type'] for f in fs], ['U', 'R', 'E'], 'closes after one message')
same((e['reason'], e['done']), ('x', 1), 'closes after one: reason')
ok(e['jobs'] in ([(1, 0), (2, 0)], [(1, 1), (2, 0)], [(1, 2), (2, 0)]),
   'closes after one: %r' % e['jobs'])


def silent(n):
    """Takes n messages, reads the next and closes without a word."""
    def talk(c):
        c.hello(*BOTH)
        for i in range(n + 1):
            if c.line()[:4] == 'RSET':
                if i < n:
                    c.say('250 ok')
                c.line()
            c.expect('RCPT')
            c.bdat()
            if i < n:
                c.say('250 ok', '250 ok', '250 ok')
    return talk


fs, e, peer = lost(silent(1), jobs=2, depth=1)
same((e['reason'], e['phase'], e['jobs']), ('x', 'm', [(1, 2)]),
     'in doubt: all sent, nothing said')


def cut(n):
    """Reads n octets of the message and closes."""
    def talk(c):
        c.hello(*BOTH)
        c.expect('MAIL', 'RCPT')
        c.say('250 ok', '250 ok')
        c.expect('BDAT')
        c.read(n)
        c.reset()
    return talk


fs, e, peer = lost(cut(5), bodies=[text(8000000)], depth=1)
same((e['reason'], e['phase'], e['jobs']), ('x', 'd', [(0, 1), (1, 0)]),
     'begun: the end was not sent')


def early(reply, close):
    def talk(c):
        c.hello(*BOTH)
        c.expect('MAIL', 'RCPT')
        c.say('250 ok', '250 ok')
        c.expect('BDAT')
        c.read(1000)
        c.say(reply)
        if close:
            time.sleep(.1)
        else:
            c.eof()
    return talk


for close in (True, False):
    fs, e, peer = lost(early('552 5.3.4 too big', close),
                       bodies=[text(8000000)], depth=1)
    same((fs[1].get('codes'), e['reason'], e['code'], e['jobs']),
         ([552], 'r', 552, [(1, 0)]),
         'refused in mid-BDAT, %s' % ('closed' if close else 'left open'))
fs, e, peer = lost(early('421 4.3.2 down', True), bodies=[text(8000000)],
                   depth=1)
same((fs[1].get('codes'), e['reason'], e['code'], e['jobs']),
     ([421], 'r', 421, [(1, 0)]), '421 in mid-BDAT')
fs, e, peer = lost(early('250 2.0.0 fine', False), bodies=[text(8000000)],
                   depth=1)
same((len(fs), e['reason'], e['jobs']), (2, 'p', [(0, 1), (1, 0)]),
     'accepted before it was sent: not believed')


def early_data(c):
    c.hello(*PIPE)
    c.expect('MAIL', 'RCPT', 'DATA')
    c.say('250 ok', '250 ok', '354 ok')
    c.read(1000)
    c.say('552 5.3.4 too big')
    time.sleep(.1)


fs, e, peer = lost(early_data, bodies=[text(8000000)], depth=1)
same((fs[1].get('codes'), e['reason'], e['jobs']), ([552], 'r', [(1, 0)]),
     'refused in mid-DATA, closed')

# --- 421

def at(where):
    def talk(c):
        c.hello(*BOTH)
        c.expect('MAIL', 'RCPT')
        c.bdat()
        c.expect('RSET', 'MAIL', 'RCPT')
        c.bdat()
        c.say(*(['250 ok'] * where + ['421 4.7.0 closing']))
    return talk


for where, phase, rest in ((0, 'm', [(1, 1)]), (1, 'r', [(1, 1)]),
                           (2, 'd', [(1, 1)])):
    fs, e, peer = lost(at(where), depth=2)
    same((fs[1].get('codes'), fs[1].get('phases'), e['reason'], e['phase'],
          e['code'], e['status'], e['jobs']),
         ([421], phase, 'r', phase, 421, '4.7.0', rest),
         '421 after %d replies' % where)
fs, e, peer = lost(at(3), depth=2)
same((fs[1].get('codes'), len(fs), e['reason'], e['phase'], e['jobs']),
     ([250], 3, 'r', 's', [(1, 1)]), '421 to RSET blames no message')


def talks_on(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.expect('RSET', 'MAIL', 'RCPT')
    c.bdat()
    c.say('421 4.7.0 not you', '503 no', '503 no', '250 ok', '250 ok',
          '250 ok', '250 ok')
    c.eof()


fs, e, peer = lost(talks_on, depth=2, quit=1)
same(([f['codes'] for f in fs[1:-1]], e['reason'], e['jobs']),
     ([[421], [250]], 'r', []),
     'a server that goes on after 421 is heard to the end')


def idle421(c):
    c.hello(*BOTH)
    c.say('421 4.4.2 idle')


s, peer = start(idle421, 0)
s.want('U')
e = s.want('E')
same((e['reason'], e['code'], e['jobs']), ('r', 421, []), '421 when idle')
s.end()

# --- broken CHUNKING

got = []


def broken(code):
    def talk(c):
        if c.n:
            return server(*BOTH, store=got)(c)
        c.hello(*BOTH)
        c.expect('MAIL', 'RCPT')
        c.bdat()
        c.say('250 ok', '250 ok', code)
        c.eof()
    return talk


for how in ('500 what', '502 no', '503 no', 'drop', 'stall'):
    def talk(c, how=how):
        if c.n:
            return server(*BOTH, store=got)(c)
        c.hello(*BOTH)
        c.expect('MAIL', 'RCPT')
        c.bdat()
        if how == 'drop':
            c.say('250 ok', '250 ok')
            return
        if how == 'stall':
            c.say('250 ok', '250 ok')
            c.eof()
            return
        c.say('250 ok', '250 ok', how)
        c.eof()
    del got[:]
    s, peer = start(talk, 1, dot=1)
    fs = s.until('E')
    e = fs[-1]
    same((len(fs), e['jobs']),
         (2, [(0, 2 if how in ('drop', 'stall') else 1)]),
         'BDAT %s: the job comes back' % how)
    s.lane(2, peer)
    s.job(2, 5, 7, 0, ['a@x'])
    s.want('U')
    r = s.want('R')
    same((r['codes'], r['how']), ([250], 'D'),
         'BDAT %s: DATA on the next connection' % how)
    s.end()

# BDAT that worked once is not given up because a connection breaks.
def worked(c):
    if c.n != 1:
        return server(*BOTH)(c)
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.say('250 ok', '250 ok')


s, peer = start(worked, 1)
hows = []
for lane in (1, 2, 3):
    if lane > 1:
        s.lane(lane, peer)
        s.job(lane, lane, 7, 0, ['a@x'])
    s.want('U')
    f = s.next()
    if f['type'] == 'R':
        hows.append(f['how'])
same(hows, ['B', 'B'], 'a host whose BDAT worked keeps it')
s.end()

# --- nonsense

def extra(c):
    c.hello(*PIPE)
    c.expect('MAIL', 'RCPT', 'DATA')
    c.say('250 ok', '250 ok', '250 what?')
    c.eof()


fs, e, peer = lost(extra, depth=1)
same((len(fs), e['reason'], e['phase'], e['jobs']),
     (2, 'p', 'i', [(0, 1), (1, 0)]), '250 to DATA is a protocol error')


def junk(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.say('250 ok', 'hello there')
    c.eof()


fs, e, peer = lost(junk, depth=1)
same((e['reason'], e['phase'], e['jobs']), ('p', 'r', [(0, 2), (1, 0)]),
     'a line that is no reply')


def unasked(c):
    c.hello(*PIPE)
    c.say('250 hi')
    c.eof()


s, peer = start(unasked, 0)
s.want('U')
e = s.want('E')
same((e['reason'], e['code']), ('p', 250), 'a reply to nothing')
s.end()


def mega(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.say('250 ok', '250 ok', b'250 ' + b'y' * 1000000)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.say('250-' + 'z' * 1000000, '250 ok', '250 ok', '250 ok')
    c.expect('QUIT')
    c.say('221 bye')


fs, e, peer = lost(mega, depth=1, messages=2)
same(([f.get('codes') for f in fs[1:3]], len(fs[1]['rcpts'][0][3]),
      e['reason'], peer.errors), ([[250], [250]], 1024, 'q', []),
     'a reply of a megabyte is a reply')


def nul(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.say('250 ok', b'550 \0\x1b[31m\xff', '503 no')
    c.eof()


fs, e, peer = lost(nul, depth=1, jobs=1, quit=1, idle=1)
same(fs[1]['rcpts'][0][3], b'\0\x1b[31m\xff', 'raw octets pass in frames')

# --- timeouts in mail

for where, kind, phase in ((0, 'mail', 'm'), (1, 'rcpt', 'r'),
                           (2, 'dot', 'd')):
    def stall(c):
        c.hello(*BOTH)
        c.expect('MAIL', 'RCPT')
        c.bdat()
        c.say(*(['250 ok'] * where))
        c.eof()
    fs, e, peer = lost(stall, depth=1, **{kind: 1})
    same((e['reason'], e['phase'], e['jobs']), ('t', phase, [(0, 2), (1, 0)]),
         'stalls after %d replies' % where)


def nodata(c):
    c.hello(*PIPE)
    c.expect('MAIL', 'RCPT', 'DATA')
    c.say('250 ok', '250 ok')
    c.eof()


fs, e, peer = lost(nodata, depth=1, data=1)
same((e['reason'], e['phase'], e['jobs']), ('t', 'i', [(0, 1), (1, 0)]),
     'stalls at DATA')


def noread(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.say('250 ok', '250 ok')
    time.sleep(8)


fs, e, peer = lost(noread, depth=1, block=1, bodies=[text(16000000)])
same((e['reason'], e['phase'], e['jobs']), ('t', 'd', [(0, 1), (1, 0)]),
     'does not read')


def slow(c):
    c.hello(*BOTH)
    while True:
        c.expect('MAIL', 'RCPT')
        c.bdat()
        time.sleep(.1)
        c.say('250 ok', '250 ok', '250 ok')


t = time.time()
fs, e, peer = lost(slow, jobs=100, depth=1, session=4)
ok(time.time() - t < 8 and e['reason'] in 'qt' and
   len(e['jobs']) + e['done'] == 100 and e['done'] > 1,
   'the session has an end')
same([b for _, b in e['jobs'] if b > 1], [],
     'nothing is begun shortly before it')
fs, e, peer = lost(lambda c: c.eof(), jobs=1, peers=None, session=1)
same((e['reason'], e['jobs']), ('c', [(0, 0)]),
     'it ends a connection attempt too')

# --- idle, QUIT, limit

s, peer = start(server(*BOTH), 1, idle=1)
s.want('U')
s.want('R')
e = s.want('E')
same((e['reason'], e['jobs'], peer.conns[0].log[-1]), ('i', [], 'QUIT'),
     'idle')
s.end()


def noquit(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.say('250 ok', '250 ok', '250 ok')
    c.expect('QUIT')
    c.eof()


t = time.time()
fs, e, peer = lost(noquit, messages=1, quit=1)
same((fs[1]['codes'], e['reason'], e['jobs']), ([250], 'q', [(1, 0)]),
     'one message a connection; the other job comes back')
ok(time.time() - t < 5, 'QUIT without a reply')

# --- CLOSE

def slow_one(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.go = threading.Event()
    c.go.wait(WAIT)
    c.say('250 ok', '250 ok', '250 ok')
    c.expect('QUIT')
    c.say('221 ok')


s, peer = start(slow_one, 3, depth=1)
s.want('U')
while not (peer.conns and hasattr(peer.conns[0], 'go')):
    time.sleep(.01)
s.close(1)
time.sleep(.05)
peer.conns[0].go.set()
fs = s.until('E')
same((fs[0].get('codes'), fs[-1]['reason'], fs[-1]['jobs']),
     ([250], 'q', [(1, 0), (2, 0)]), 'CLOSE waits for what is in flight')
s.hold()
s.lane(1, peer)
s.close(1)
s.go()
e = s.want('E')
same((e['reason'], e['jobs']), ('q', []), 'CLOSE while connecting')
s.job(1, 9, 7, 0, ['a@x'])
s.close(1)
s.close(55)
s.lane(1, Peer(server(*BOTH)), messages=1)
s.job(1, 10, 7, 0, ['a@x'])
s.want('U')
same(s.want('R')['job'], 10, 'a job for a lane that is gone is not kept')
s.want('E')
same(s.end(), 0, 'exit 0')

# --- mail whose time is over


def late(f):
    return f['type'], f.get('job'), f.get('how'), f.get('rcpts')


def over(n):
    return ('R', n, '-', [(0, '-', '5.4.7', b'could not be delivered in time')])


def silent(c):
    c.eof()


s = Send()
s.bundle(7, [text(500)])
s.lane(1, Peer(silent))
s.job(1, 1, 7, 0, ['a@x'], expiry=1)
same(late(s.next()), over(1), 'it had expired before the job came')
t = time.time()
s.job(1, 2, 7, 0, ['a@x'])
s.job(1, 3, 7, 0, ['a@x'], expiry=t + 2)
s.job(1, 4, 7, 0, ['a@x'], expiry=t + 1)
same([late(s.next()), late(s.next())], [over(4), over(3)],
     'while the lane dials, each at its time')
ok(.5 < time.time() - t < 6, 'not before', time.time() - t)
s.close(1)
same(s.want('E')['jobs'], [(2, 0)], 'the other one stays')


def sleepy(c):
    time.sleep(2.5)
    server(*BOTH)(c)


s.lane(4, Peer(sleepy))
t = time.time()
s.job(4, 9, 7, 0, ['a@x'])
s.job(4, 10, 7, 0, ['a@x'], expiry=t + 1)
same(late(s.next()), over(10), 'one expires behind another')
s.want('U')
same(s.next().get('codes'), [250], 'which goes all the same')
s.close(4)
s.want('E')


def stuck(c):
    c.hello('PIPELINING')
    c.expect('MAIL')
    c.eof()


s.lane(2, Peer(stuck), depth=1)
s.want('U')
t = time.time()
s.job(2, 5, 7, 0, ['a@x'], expiry=t + 1)
s.job(2, 6, 7, 0, ['a@x'])
e = s.want('E')
same((e['reason'], e['phase'], e['jobs']), ('q', 'm', [(5, 1), (6, 0)]),
     'no reply to MAIL: the lane ends with it')
ok(time.time() - t < 6, 'in time', time.time() - t)


def slow_reply(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    time.sleep(2.5)
    c.say('250 ok', '250 ok', '250 ok')
    c.eof()


s.lane(3, Peer(slow_reply), depth=1)
s.want('U')
t = time.time()
s.job(3, 7, 7, 0, ['a@x'], expiry=t + 1)
s.job(3, 8, 7, 0, ['a@x'], expiry=t + 1)
same([late(s.next()), s.next().get('codes')], [over(8), [250]],
     'its end was sent: it waits for the reply, the one behind it does not')
s.end()

done()
