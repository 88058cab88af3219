#!/usr/bin/python3
# dray-remote: what refusals mean, in each way of sending; nothing counts as
# delivered that was not.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from remote import *

WAYS = (('both', BOTH, 'B'), ('PIPELINING', PIPE, 'D'),
        ('CHUNKING', CHUNK, 'B'), ('neither', (), 'D'))


def run(talk, jobs, n=None, bodies=(text(500),), depth=4, stop=True, **lane):
    """Results of jobs (lists of recipients), DOWN, the peer."""
    peer = Peer(talk)
    s = Send()
    s.bundle(7, list(bodies))
    for i, j in enumerate(jobs):
        if i == 0:
            s.lane(1, peer, depth=depth, **lane)
        s.job(1, i, 7, i % len(bodies), j)
    fs = []
    for _ in range(n if n is not None else len(jobs)):
        while True:
            f = s.next()
            if f['type'] != 'U':
                break
        fs.append(f)
    if stop:
        s.close(1)
    e = s.want('E')
    s.end()
    # A verdict of our own does not wait for the replies to others.
    fs.sort(key=lambda f: f.get('job', -1))
    if s.stderr:
        print('# ' + s.stderr.decode())
    return fs, e, peer


# --- some recipients refused; all; 552

def rcpt(line):
    return ('550 5.1.1 nobody' if 'bad' in line else
            '452 4.2.2 full' if 'full' in line else
            '552 5.2.2 too many' if 'many' in line else
            '251 forwards' if 'fwd' in line else '250 ok')


for name, caps, how in WAYS:
    got = []
    fs, e, peer = run(server(*caps, store=got, rcpt=rcpt), [
        ['ok@x', 'bad@x', 'fwd@x', 'full@x', 'many@x'],
        ['bad@x'],
        ['ok1@x'],
        ['bad@x', 'full@x'],
        ['ok2@x'],
        ['bad@x'],
    ])
    same([f['codes'] for f in fs],
         [[250, 550, 250, 452, 452], [550], [250], [550, 452], [250], [550]],
         name + ': codes of recipients')
    same([f['phases'] for f in fs],
         ['drdrr', 'r', 'd', 'rr', 'd', 'r'], name + ': phases')
    same(fs[0]['rcpts'][4][2:], ('4.2.2', b'5.2.2 too many'),
         name + ': 552 after RCPT is temporary')
    same([x[1] for x in got],
         [['RCPT TO:<ok@x>', 'RCPT TO:<fwd@x>'], ['RCPT TO:<ok1@x>'],
          ['RCPT TO:<ok2@x>']],
         name + ': no message went into another transaction')
    same((e['reason'], e['done'], peer.errors), ('q', 6, []),
         name + ': the lane lives on')

    # --- a bound on the messages of a connection; without one, no matter
    def bounded(n, got):
        return lambda line: '452 4.5.3 enough' if len(got) == n else '250 ok'

    got = []
    peer = Peer(server(*caps, store=got, mail=bounded(2, got)))
    s = Send()
    s.bundle(7, [text(500)])
    s.lane(1, peer, depth=1)
    for i in range(5):
        s.job(1, i, 7, 0, ['ok@x'])
    fs = s.until('E')
    s.end()
    same(([f['codes'] for f in fs if f['type'] == 'R'], fs[-1]['reason'],
          fs[-1]['jobs'], len(got)),
         ([[250], [250], [452]], 'q', [(3, 0), (4, 0)], 2),
         name + ': after 452 to MAIL another connection')
    got = []
    fs, e, peer = run(server(*caps, store=got, mail=bounded(0, got)),
                      [['ok@x'], ['ok@x']], depth=1)
    same(([f['codes'] for f in fs], e['done']), ([[452], [452]], 2),
         name + ': unless it has taken none')

    # --- the same at depth 1, where each reply is known
    got = []
    fs, e, peer = run(server(*caps, store=got, rcpt=rcpt), [
        ['bad@x'], ['ok1@x'], ['bad@x'], ['ok2@x']], depth=1)
    same(([f['codes'] for f in fs], len(got)),
         ([[550], [250], [550], [250]], 2), name + ': depth 1')

    # --- MAIL refused
    n = [0]

    def mail(line):
        n[0] += 1
        return '451 4.7.1 later' if n[0] % 2 else '250 ok'
    got = []
    fs, e, peer = run(server(*caps, store=got, mail=mail),
                      [['a@x', 'b@x'], ['c@x'], ['d@x'], ['e@x']])
    same([(f['codes'], f['phases']) for f in fs],
         [([451, 451], 'mm'), ([250], 'd'), ([451], 'm'), ([250], 'd')],
         name + ': MAIL refused')
    same((len(got), e['reason'], e['done']), (2, 'q', 4),
         name + ': MAIL refused, the rest goes on')

    # --- the end refused
    def end(c, good, body):
        return '554 5.7.1 spam' if 'spam' in good[0] else '250 ok'
    got = []
    fs, e, peer = run(server(*caps, store=got, end=end),
                      [['a@x'], ['spam@x', 'b@x'], ['c@x'], ['spam@x'],
                       ['d@x']])
    same([(f['codes'], f['phases']) for f in fs],
         [([250], 'd'), ([554, 554], 'dd'), ([250], 'd'), ([554], 'd'),
          ([250], 'd')], name + ': end refused')
    same((fs[1]['rcpts'][0][2:], len(got), e['reason']),
         (('5.7.1', b'5.7.1 spam'), 3, 'q'), name + ': and only that')

# --- DATA refused; one recipient was refused before
for name, caps in (('PIPELINING', PIPE), ('neither', ())):
    n = [0]

    def data(line):
        n[0] += 1
        return '451 4.3.0 no room' if n[0] == 1 else '354 go'
    got = []
    fs, e, peer = run(server(*caps, store=got, rcpt=rcpt, data=data),
                      [['a@x', 'bad@x'], ['b@x']])
    same([(f['codes'], f['phases']) for f in fs],
         [([451, 550], 'ir'), ([250], 'd')], name + ': DATA refused')
    ok('RSET' in peer.conns[0].log, name + ': and RSET before the next')


# --- 354 though nobody was accepted; 250 for that is no delivery

def eager(c):
    c.hello(*PIPE)
    for _ in range(2):
        c.expect('MAIL', 'RCPT', 'DATA')
        c.say('250 ok', '550 nobody', '354 go')
        c.body = c.data()
        c.say('250 lovely')
    c.expect('QUIT')


fs, e, peer = run(eager, [['a@x'], ['b@x']])
same(([f['codes'] for f in fs], [f['phases'] for f in fs]),
     ([[550], [550]], ['r', 'r']), '354 for nobody delivers to nobody')
same((peer.conns[0].body, peer.errors), (b'', []), 'only the dot was sent')


def eager2(c):
    c.hello(*PIPE)
    c.expect('MAIL', 'RCPT', 'DATA')
    c.say('450 no', '250 ok', '354 go')
    c.body = c.data()
    c.say('250 lovely')
    c.expect('QUIT')


fs, e, peer = run(eager2, [['a@x']])
same((fs[0]['codes'], fs[0]['phases'], peer.conns[0].body),
     ([450], 'm', b''), 'MAIL refused, RCPT and DATA taken: no delivery')


def eager3(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.say('250 ok', '550 nobody', '250 lovely')
    c.expect('QUIT')


fs, e, peer = run(eager3, [['a@x']])
same((fs[0]['codes'], fs[0]['phases']), ([550], 'r'),
     'BDAT taken for nobody: no delivery')


# --- SIZE, SMTPUTF8, 8BITMIME, DSN

got = []
big = Message(text(3000))
small = Message(text(300))
fs, e, peer = run(server('SIZE 1000', *BOTH, store=got),
                  [['a@x'], ['b@x']], bodies=(big, small))
same((fs[0]['rcpts'], fs[0]['how'], fs[0]['final']),
     ([(0, 'm', '5.3.4',
        b"message is larger than this server's SIZE limit")], '-', 0),
     'over the SIZE limit: our own verdict')
same((fs[1]['codes'], got[0][0]),
     ([250], 'MAIL FROM:<s@client.example> SIZE=%d' % len(small.plain)),
     'SIZE= is that of the octets sent')
got = []
fs, e, peer = run(server('SIZE', *BOTH, store=got), [['a@x']], bodies=(big,))
same(fs[0]['codes'], [250], 'SIZE without a number is no limit')
got = []
fs, e, peer = run(server('size 0', '8bitmime', 'smtputf8', *BOTH, store=got),
                  [['a@x'], ['b@x'], ['c@x']],
                  bodies=(big, Message(text(100), 2), Message(text(100), 4)))
same([x[0].split('>')[1].split()[1:] for x in got],
     [[], ['BODY=8BITMIME'], ['SMTPUTF8']],
     '8BITMIME and SMTPUTF8 where they are needed')
got = []
fs, e, peer = run(server(*BOTH, store=got), [['a@x'], ['b@x']],
                  bodies=(Message(text(100), 2), Message(text(100), 4)))
same((fs[0]['codes'], got[0][0]), ([250], 'MAIL FROM:<s@client.example>'),
     '8-bit octets go out where 8BITMIME is not offered')
same((fs[1]['codes'], got[1][0]), ([250], 'MAIL FROM:<s@client.example>'),
     'and so do headers that are not ASCII where SMTPUTF8 is not')
for caps, want in (((), [(0, 'm', '5.6.7')]), (('SMTPUTF8',), [250])):
    got = []
    fs, e, peer = run(server(*caps, *BOTH, store=got), [['j\u00f6@x']])
    same([r[:3] for r in fs[0]['rcpts']] if not caps else fs[0]['codes'], want,
         'a recipient that needs SMTPUTF8, %s' % (caps or 'not offered',))
same([x.encode('latin-1').decode() for x in [got[0][0]] + got[0][1]],
     ['MAIL FROM:<s@client.example> SMTPUTF8', 'RCPT TO:<j\u00f6@x>'],
     'and how it is sent')



def dsn(*caps):
    got = []
    peer = Peer(server(*caps, store=got))
    s = Send()
    s.bundle(1, [text(100)])
    s.lane(1, peer)
    s.job(1, 1, 1, 0, [('a@x', 3 * 2, 'rfc822;a+b@x'), ('b@x', 1, ''),
                       ('c@x', 0, 'rfc822;c+2Bd@x'), ('d@x', 14, 'none')],
          sender='', envid='id 1=+', ret='H')
    s.job(1, 2, 1, 0, ['e@x'], envid='QQ+2B314159', ret='F')
    s.want('U')
    s.want('R')
    s.want('R')
    s.end()
    return [[m] + r for m, r, _ in got]


same(dsn('DSN', *BOTH),
     [['MAIL FROM:<> RET=HDRS ENVID=id+201+3D+2B',
       'RCPT TO:<a@x> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@x',
       'RCPT TO:<b@x> NOTIFY=NEVER', 'RCPT TO:<c@x> ORCPT=rfc822;c+2Bd@x',
       'RCPT TO:<d@x> NOTIFY=SUCCESS,FAILURE,DELAY'],
      ['MAIL FROM:<s@client.example> RET=FULL ENVID=QQ+2B314159',
       'RCPT TO:<e@x>']], 'DSN parameters')
same(dsn(*BOTH),
     [['MAIL FROM:<>', 'RCPT TO:<a@x>', 'RCPT TO:<b@x>', 'RCPT TO:<c@x>',
       'RCPT TO:<d@x>'], ['MAIL FROM:<s@client.example>', 'RCPT TO:<e@x>']],
     'none where DSN is not offered')

# --- lane flags

for flags, verbs in ((NO_PIPELINING, 'BDAT'), (NO_CHUNKING, 'DATA'),
                     (3, 'DATA')):
    got = []
    fs, e, peer = run(server(*BOTH, store=got), [['a@x'], ['b@x']],
                      flags=flags)
    log = peer.conns[0].log
    ok([f['codes'] for f in fs] == [[250], [250]] and
       any(x.startswith(verbs) for x in log) and
       not any(x.startswith('DATA' if verbs == 'BDAT' else 'BDAT')
               for x in log), 'flags %d' % flags)

done()
