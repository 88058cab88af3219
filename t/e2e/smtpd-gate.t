#!/usr/bin/python3
# How much one network, and one session, may bring to dray-smtpd, and that who
# is slow on purpose holds nothing.
import os
import sys
import threading
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from door import HEADER, Door
from line import run
from tap import done, ok, same, until

MAIL = b'MAIL FROM:<a@b.example>'


def rates():
    d = Door(smtpd='network-connection-rate = 4/h\nerrors = 1000\n'
             'network-message-rate = 3/h\nnetwork-recipient-rate = 5/h')
    t = d.talk()
    same([t.mail([b'm%d@there.example' % i])[:3] for i in range(3)],
         ['250'] * 3, 'three messages')
    got = t.say(MAIL)
    ok(got.startswith('451 4.7.1 too many messages from your network, again '
                      'in 1'), 'no fourth', got)
    u = d.talk(source='127.0.0.2')
    got = u.envelope([b'r%d@there.example' % i for i in range(6)])
    ok(got.startswith('451 4.7.1 too many recipients from your network'),
       'five recipients from another', got)
    same(u.say(b'DATA')[:3], '354', 'of the message that has them')
    u.send(HEADER)
    same(u.say(b'.')[:3], '250', 'which is taken')
    more = [d.talk(hello=None) for _ in range(4)]
    same([x.greeting[:9] for x in more], ['220 bench'] * 3 + ['421 4.7.0'],
         'four connections')
    ok('again in' in more[3].greeting, 'the fifth hears until when',
       more[3].greeting)
    ok(more[3].closed(), 'and that is its end')
    same(d.talk(hello=None, source='127.0.0.3').greeting[:3], '220',
         'others may')
    ok(until(lambda: len(d.events('Rejection')) >= 3), 'they are logged')
    same([(e['response']['code'], e['response']['command'],
           e['peer_address']['addr']) for e in d.events('Rejection')],
         [(451, 'MAIL', '127.0.0.1'), (451, 'RCPT', '127.0.0.2'),
          (421, 'connect', '127.0.0.1')], 'each once')
    # A new policy, in force at once.
    d.inst.conf(d.text.replace('= 3/h', '= 1000/h').replace(
        '= 4/h', '= 1000/s'))
    ok(until(lambda: t.say(MAIL)[:3] == '250' or not t.say(b'RSET')),
       'a higher rate')
    d.inst.conf(d.text.replace('port =', 'rates = no\nport ='))
    ok(until(lambda: d.talk(hello=None, source='127.0.0.2').greeting[:3] ==
             '220'), 'or none')
    t = d.talk()
    same([t.mail([b'n%d@there.example' % i])[:3] for i in range(20)],
         ['250'] * 20, 'for messages')
    until(d.empty)
    same(len(d.arrived()), 28, 'what was taken arrives')
    d.end()


def session():
    d = Door(smtpd='session-messages = 2')
    t = d.talk()
    same([t.mail([b'm@there.example'])[:3] for _ in range(2)], ['250'] * 2,
         'two messages')
    same(t.say(MAIL), '421 4.7.0 too many messages in one session', 'no more')
    ok(t.closed(), 'and the end')
    same(d.talk().mail([b'm@there.example'])[:3], '250', 'of this session')
    d.end()


def trickle(t, b, every):
    try:
        while True:
            t.s.sendall(b)
            time.sleep(every)
    except OSError:
        pass


def slow():
    """Each does just enough for the silence not to end it."""
    d = Door(smtpd='command-timeout = 2s\ndata-timeout = 2s\n'
             'message-timeout = 8s\nminimal-speed = 1K\nerrors = 10000')
    data = (MAIL, b'RCPT TO:<a@there.example>', b'DATA')
    for name, lines, b, every, least, most in (
            ('octets of a command', (), b'x', .2, 1.9, 30),
            ('commands without a message', (), b'NOOP\r\n', .2, 7.9, 30),
            ('envelopes without a message', (),
             MAIL + b'\r\nRSET\r\n', .2, 7.9, 30),
            ('a message below the speed', data, b'x', .2, 1.9, 7.9),
            ('one above it, without an end', data, b'x' * 60 + b'\r\n', .02,
             7.9, 30)):
        t = d.talk()
        for line in lines:
            t.say(line)
        begin = time.monotonic()
        thread = threading.Thread(target=trickle, args=(t, b, every))
        thread.start()
        got = t.reply()
        while got[:3] == '250':
            got = t.reply()
        took = time.monotonic() - begin
        same(got, '421 4.4.2 too slow', name)
        ok(least < took, 'not before its time', took)
        ok(took < most, 'and not long after it', took)
        t.close()
        thread.join()
    t = d.talk()
    for i in range(4):
        time.sleep(1.7)
        same(t.mail([b'm@there.example'])[:3], '250', 'an honest one goes on')
    d.end()


run([rates, session, slow], sys.argv[1:])
done()
