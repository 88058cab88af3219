#!/usr/bin/python3
# Mail that comes in over SMTP: through dray-smtpd and the queue to a receiving
# side; pipelined, in chunks, large, at once; and all that is refused: relaying,
# what is too much, while the queue is away.
import email
import os
import random
import re
import signal
import sys
import threading
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from door import HEADER, Door, free_port, stored
from line import run
from tap import done, ok, same, until


def whole():
    d = Door()
    t = d.talk()
    same(t.greeting, '220 bench.example ESMTP', 'a greeting')
    same(t.hello.split('\n')[1:],
         ['250-PIPELINING', '250-SIZE 52424704', '250-8BITMIME',
          '250-SMTPUTF8', '250-ENHANCEDSTATUSCODES', '250-DSN',
          '250-CHUNKING', '250-AUTH PLAIN LOGIN',
          '250 LIMITS RCPTMAX=1000'], 'what it can do')
    got = t.mail([b'one@there.example'])
    ok(re.match(r'250 2\.0\.0 queued as \S+$', got), 'a message', got)
    number = got.split()[-1]
    t.send(b''.join(
        b'MAIL FROM:<a@b.example>\r\nRCPT TO:<p%d@there.example>\r\n'
        b'BDAT 14 LAST\r\nSubject: p\r\n\r\n' % i for i in range(50)))
    got = [t.reply()[:3] for _ in range(150)]
    same(got, ['250'] * 150, 'fifty at once, in chunks')
    same(t.chunks([b'two@there.example'], HEADER, b'\r\n', b'', b'x\r\n')[:9],
         '250 2.0.0', 'a message in four chunks, one of them empty')
    same(t.mail([b'three@there.example', b'four@there.example'],
                b'\r\n..dots\r\n...\r\n')[:9], '250 2.0.0', 'dots')
    same(t.say(b'QUIT'), '221 2.0.0 goodbye', 'QUIT')
    ok(t.closed(), 'and the end')
    want = ['one', 'two', 'three', 'four'] + ['p%d' % i for i in range(50)]
    until(lambda: len(d.arrived()) >= 54)
    same(sorted(d.arrived()), sorted(x + '@there.example' for x in want),
         'all of it arrives')
    ok(any(e['id'] == number for e in d.events('Delivery')),
       'under the id that the client was told')
    d.end()


def headers():
    """What is added, what is taken away; the sink is down, so it waits."""
    d = Door()
    d.inst.stop(only=['dray-remote'])
    t = d.talk()
    t.mail([b'u@x.example'], b'X-Dray-Campaign: c7\r\nSubject: uno\r\n'
           b'x-dray-whatever: no\r\n\tno\r\n\r\nbody\r\n')
    got = stored(d, b'\r\n\r\nbody\r\n')
    text = email.message_from_bytes(got)
    ok(re.match(r'from client\.example \(\[127\.0\.0\.1\]\)\s+by bench\.example'
                r' with ESMTP id [0-9a-f.]+\s+for <u@x\.example>;\s+\w\w\w, ',
                text['Received']), 'Received', text['Received'])
    ok(text['Date'] and re.match(r'<[0-9a-f]{32}@b\.example>$',
                                 text['Message-ID']), 'Date, Message-ID', text)
    ok('dray' not in got.decode().lower(), 'no control field', text)
    same([e.get('campaign') for e in d.events('Reception')], ['c7'],
         'but what it says')
    t = d.talk('relay', hello=b'HELO client.example')
    t.mail([b'u@x.example', b'v@x.example'], b'Subject: dos\r\n\r\ndos\r\n')
    text = email.message_from_bytes(stored(d, b'\r\n\r\ndos\r\n'))
    same(text.keys(), ['Received', 'Subject'], 'a relay adds Received alone')
    ok('with SMTP id' in text['Received'] and ' for ' not in text['Received'],
       'for HELO and two recipients', text['Received'])
    same(t.mail([b'u@x.example'], b'X-Dray-Lifetime: soon\r\n\r\n'),
         '554 5.6.0 X-Dray-Lifetime: bad value', 'a bad control field')
    same(t.mail([b'u@x.example'], b'X-Dray-Stream: none\r\n\r\n')[:9],
         '554 5.5.4', 'one that dray-queued does not know')
    same(t.mail([b'u@x.example'], b'Received: x\r\n' * 51 + b'\r\n'),
         '554 5.4.6 too many hops: a loop', 'a loop')
    same(t.mail([b'u@x.example'], b'Received: x\r\n' * 50 + b'\r\n')[:9],
         '250 2.0.0', 'nearly one')
    same(t.mail([b'u@x.example'], b'A: ' + b'x' * 200000 + b'\r\n\r\n')[:9],
         '552 5.3.4', 'a header without end')
    t.mail([b'w@x.example'], b'no header\r\n')
    ok(re.search(rb'\r\n\t[^\r]*\r\n\r\nno header\r\n$',
                 stored(d, b'no header\r\n')),
       'a body alone gets its empty line')
    d.inst.start(['dray-remote'])
    d.end()


def wishes():
    """DSN (RFC 3461), BODY and SMTPUTF8 go on to the next server."""
    d = Door()
    t = d.talk()
    t.say(b'MAIL FROM:<a@b.example> RET=HDRS ENVID=QQ+2B1 BODY=8BITMIME '
          b'SIZE=5')
    same(t.code(b'RCPT TO:<n@there.example> NOTIFY=SUCCESS,DELAY '
                b'ORCPT=rfc822;o+2Bo@there.example'), '250 2.1.5', 'wishes')
    t.say(b'DATA')
    t.send(HEADER + b'\r\nhello\r\n')
    same(t.say(b'.')[:3], '250', 'a message that has them')
    same(t.mail([b'\xc3\xa4@there.example'], options=b' SMTPUTF8')[:3], '250',
         'an address in UTF-8')
    until(lambda: len(d.arrived()) == 2)
    ok(until(lambda: 'QQ+2B1' in str(d.events('Reception', 'Delivery'))),
       'the envelope id is logged')
    for what, wrong in (
            (b'MAIL FROM:<a@b.example> RET=ALL', '501 5.5.4'),
            (b'MAIL FROM:<a@b.example> RET=FULL RET=FULL', '501 5.5.4'),
            (b'MAIL FROM:<a@b.example> ENVID=+2', '501 5.5.4'),
            (b'MAIL FROM:<a@b.example> BODY=BINARYMIME', '501 5.5.4'),
            (b'MAIL FROM:<a@b.example> NOTIFY=NEVER', '555 5.5.4'),
            (b'MAIL FROM:<a@b.example> SMTPUTF8=1', '501 5.5.4'),
            (b'MAIL FROM:<a@b.example> SIZE=', '501 5.5.4'),
            (b'MAIL FROM:<a@b.example> SIZE=999999999999', '552 5.3.4'),
            (b'MAIL FROM:<\xc3\xa4@b.example>', '553 5.6.7'),
            (b'MAIL FROM:<a@>', '553 5.1.7'),
            (b'MAIL FROM:<' + b'a' * 65 + b'@b.example>', '553 5.1.7'),
            (b'MAIL FROM:<root>', '553 5.1.7'),
            (b'MAIL FROM:a@b.example', '501 5.5.4'),
            (b'MAIL a@b.example', '501 5.5.4')):
        same(t.code(what), wrong, what[:40].decode('latin-1'))
    t.say(b'MAIL FROM: <>')
    for what, wrong in (
            (b'RCPT TO:<n@there.example> NOTIFY=NEVER,DELAY', '501 5.5.4'),
            (b'RCPT TO:<n@there.example> ORCPT=rfc822', '501 5.5.4'),
            (b'RCPT TO:<n@there.example> SIZE=1', '555 5.5.4'),
            (b'RCPT TO:<n@.example>', '553 5.1.3'),
            (b'RCPT TO:<>', '501 5.5.4'),
            (b'RCPT TO:<@relay.example:n@there.example>', '250 2.1.5'),
            (b'RCPT TO:<"a b>"@there.example>', '250 2.1.5'),
            (b'RCPT TO:<Postmaster>', '250 2.1.5')):
        same(t.code(what), wrong, what[:40].decode('latin-1'))
    d.end()


def commands():
    d = Door()
    t = d.talk(hello=None)
    for what, want in (
            (b'MAIL FROM:<a@b.example>', '503 5.5.1'),
            (b'EHLO', '501 5.5.4'), (b'EHLO a b', '501 5.5.4'),
            (b'EHLO [127.0.0.1]', '250-bench'), ):
        same(t.code(what), want, what.decode())
    for what, want in (
            (b'RCPT TO:<a@b.example>', '503 5.5.1'),
            (b'DATA', '503 5.5.1'), (b'rset', '250 2.0.0'),
            (b'RSET x', '501 5.5.4'), (b'NOOP x', '250 2.0.0'),
            (b'VRFY x', '252 2.1.5'), (b'VRFY', '501 5.5.4'),
            (b'HELP', '214 2.0.0'), (b'EXPN x', '502 5.5.1'),
            (b'STARTTLS', '502 5.5.1'), (b'', '500 5.5.1'),
            (b'NO\x00OP', '500 5.5.2'), (b'MAIL FROM:<a@b.example>',
                                         '250 2.1.0'),
            (b'MAIL FROM:<a@b.example>', '503 5.5.1'),
            (b'DATA', '554 5.5.1'), (b'RCPT TO:<a@b.example>', '250 2.1.5'),
            (b'DATA x', '501 5.5.4'), (b'NOOP' + b' ' * 2000, '250 2.0.0'),
            (b'RSET', '250 2.0.0')):
        same(t.code(what), want, what[:30].decode())
    t.send(b'BDAT 4\r\nRSET')
    same(t.reply()[:9], '503 5.5.1', 'a chunk without MAIL')
    t.envelope([b'a@there.example'])
    same(t.code(b'BDAT 5\r\nA:1'), '250 2.0.0', 'a chunk')
    same(t.code(b'DATA'), '503 5.5.1', 'DATA after it')
    same(t.code(b'RCPT TO:<b@b.example>'), '503 5.5.1', 'RCPT after it')
    same(t.code(b'RSET'), '250 2.0.0', 'RSET after it')
    same(t.code(b'BDAT x'), '501 5.5.4', 'a chunk of unknown size')
    ok(t.closed(), 'is the end')
    t = d.talk()
    t.send(b'NOOP ' + b'x' * 5000)
    same(t.reply(), '500 5.5.2 the line is too long', 'a long line')
    ok(t.closed(), 'is the end')
    d.end()
    d = Door(smtpd='errors = 3\nrecipients = 100')
    t = d.talk()
    got = [t.say(b'WHAT') for _ in range(4)] + [t.reply()]
    same(got[-1], '421 4.7.0 too many errors', 'errors are counted')
    ok(t.closed(), 'and are the end')
    t = d.talk()
    t.say(b'MAIL FROM:<a@b.example>')
    got = [t.code(b'RCPT TO:<r%d@there.example>' % i) for i in range(102)]
    same(got[99:], ['250 2.1.5', '452 4.5.3', '452 4.5.3'],
         'too many recipients wait for another message')
    t = d.talk()
    same({t.code(b'NOOP') for _ in range(202)}, {'250 2.0.0'},
         'nothing is done for a while')
    t.send(b'NOOP\r\n' * 10)
    ok(any(t.reply()[:9] == '421 4.7.0' for _ in range(10)), 'not for ever')
    d.end()
    d = Door()
    t = d.talk()
    got = t.envelope([b'r%d@there.example' % i for i in range(1000)])
    same(got[:9], '250 2.1.5', 'a thousand recipients in one write')
    # More replies than are kept, to what is read at once.
    t.send(b'RSET\r\n' * 1100)
    same({t.reply() for _ in range(1100)}, {'250 2.0.0 reset'},
         'a thousand commands in one')
    d.end()


def relaying():
    """Who is not trusted may say what he likes, but nobody hears of it."""
    d = Door(trust='trust = 192.0.2.0/24\nauth = no')
    for role in d.ports:
        t = d.talk(role)
        for to in (b'a@there.example', b'postmaster', b'a%there.example@b.example',
                   b'"a@there.example"@bench.example', b'@bench.example:a@b.example',
                   b'a@[127.0.0.1]', b'a!b@there.example'):
            t.say(b'RSET')
            same(t.envelope([to])[:9], '550 5.7.1', '%s: %s' % (
                role, to.decode()))
            same(t.code(b'DATA'), '554 5.5.1', 'and no DATA')
        same(t.envelope([b'a@there.example'], sender=b'')[:3], '550',
             'from nobody')
    same(d.events('Reception'), [], 'nothing came in')
    # The same sockets, another trust: in force without a new process.
    pid = d.inst.procs['dray-smtpd'].pid
    d.inst.conf(d.text.replace('192.0.2.0/24', '127.0.0.0/8'))
    ok(until(lambda: d.talk().envelope([b'a@there.example'])[:3] == '250'),
       'trusted by a new policy')
    same(d.inst.procs['dray-smtpd'].poll(), None, 'which ends nobody')
    ok(pid, 'it is there')
    d.end()


def large():
    d = Door(queue='max-message-size = 8M\n')
    line = b'x' * 76 + b'\r\n'
    t = d.talk()
    before = d.inst.memory('dray-smtpd')
    same(t.mail([b'big@there.example'], HEADER + b'\r\n' + line * 100000)[:9],
         '250 2.0.0', 'a message of 7.8 MB')
    same(t.chunks([b'big2@there.example'], HEADER + b'\r\n',
                  line * 100000)[:9], '250 2.0.0', 'the same in chunks')
    grown = d.inst.memory('dray-smtpd') - before
    ok(grown < 4096, 'it is not held in memory', grown)
    same(t.mail([b'big3@there.example'], HEADER + b'\r\n' + line * 120000),
         '552 5.3.4 message is too large', 'one of 9.4 MB')
    same(t.mail([b'after@there.example'])[:9], '250 2.0.0', 'and one after it')
    # One that goes away in the middle never was; the others do not notice.
    a, b = d.talk(), d.talk()
    for x in (a, b):
        x.envelope([b'half@there.example'])
        x.say(b'DATA')
        x.send(HEADER + b'\r\n' + line * 20000)
    a.close()
    b.send(line * 20000)
    same(b.say(b'.')[:9], '250 2.0.0', 'one goes on while another goes away')
    until(lambda: len(d.arrived()) == 4)
    same(sorted(x.split('@')[0] for x in d.arrived()),
         ['after', 'big', 'big2', 'half'], 'what was whole arrives')
    d.end()


def many():
    """Forty clients, a thousand messages, small ones and some that are not."""
    d = Door()
    bad = []

    def client(k):
        t = d.talk()
        r = random.Random(k)
        for i in range(25):
            body = b'y' * 60 + b'\r\n'
            data = HEADER + b'\r\n' + body * (
                3000 if r.random() < .05 else r.randrange(40))
            to = [b'm%d.%d@there.example' % (k, i)]
            got = t.mail(to, data) if r.random() < .5 else t.chunks(to, data)
            if got[:3] != '250':
                bad.append(got)
        t.say(b'QUIT')

    threads = [threading.Thread(target=client, args=(k,)) for k in range(40)]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    same(bad, [], 'a thousand messages are taken')
    until(lambda: len(d.arrived()) >= 1000, 60)
    same(len(set(d.arrived())), 1000, 'and arrive')
    d.end()


def limits():
    d = Door(smtpd='connections = 5\nnetwork-connections = 3\n'
             'command-timeout = 1s\ndata-timeout = 1s\nmessage-timeout = 3s')
    some = [d.talk() for _ in range(3)]
    t = d.talk(hello=None)
    same((t.greeting[:9], t.closed()), ('421 4.7.0', True),
         'too many from one network')
    more = [d.talk(source='127.0.0.2') for _ in range(2)]
    t = d.talk(hello=None, source='127.0.0.3')
    same((t.greeting[:9], t.closed()), ('421 4.3.2', True), 'too many')
    same(some[0].reply(), '421 4.4.2 too slow', 'an idle one')
    ok(some[0].closed(), 'is ended')
    ok(all(x.reply()[:3] == '421' and x.closed() for x in some[1:] + more),
       'so are all others')
    for x in some + more:
        x.close()

    def alone():
        """A session while there is no other."""
        t = d.talk(hello=None)
        if t.greeting[:3] == '220':
            return t
        t.close()

    end = time.monotonic() + 30

    def trickle(s, b):
        try:
            while time.monotonic() < end:
                s.s.sendall(b)
                time.sleep(.1)
        except OSError:
            pass

    threads, made = [], []
    for name, before, b in (
            ('a command, octet by octet', (), b'x'),
            ('a message, octet by octet', (b'MAIL FROM:<a@b.example>',
                                           b'RCPT TO:<a@there.example>',
                                           b'DATA'), b'x'),
            ('no end of a chunk', (b'MAIL FROM:<a@b.example>',
                                   b'RCPT TO:<a@there.example>'), None)):
        until(lambda: made.append(alone()) or made[-1])
        t = made[-1]
        t.say(b'EHLO client.example')
        for line in before:
            t.say(line)
        if b is None:
            t.send(b'BDAT 1000 LAST\r\nA')
        else:
            threads.append(threading.Thread(target=trickle, args=(t, b)))
            threads[-1].start()
        ok(until(lambda: t.reply()[:9] == '421 4.4.2', 10), name)
        ok(t.closed(), 'is the end')
        t.close()
    for x in threads:
        x.join()
    same(d.events('Reception'), [], 'nothing came in')
    d.end()


def no_queue():
    d = Door()
    t = d.talk()
    d.inst.stop(only=['dray-queued'])
    ok(until(lambda: t.code(b'MAIL FROM:<a@b.example>') == '451 4.3.0' or
             t.code(b'RSET') == 'never'), 'the queue is away')
    d.inst.start(['dray-queued'])
    same(t.mail([b'back@there.example'])[:9], '250 2.0.0', 'it is back')
    # It goes away between MAIL and the end, and while a large one is on its way.
    t.envelope([b'lost@there.example'])
    t.say(b'DATA')
    t.send(HEADER + b'\r\n')
    big = d.talk()
    big.envelope([b'lost@there.example'])
    big.say(b'DATA')
    big.send(HEADER + b'\r\n' + b'x\r\n' * 200000)
    d.inst.stop(signal.SIGKILL, only=['dray-queued'])
    same(t.say(b'.')[:9], '451 4.3.0', 'a message while it is away')
    big.send(b'x\r\n' * 200000)
    same(big.say(b'.')[:9], '451 4.3.0', 'a large one')
    d.inst.start(['dray-queued'])
    same([x.mail([b'again@there.example'])[:9] for x in (t, big)],
         ['250 2.0.0'] * 2, 'the sessions go on')
    until(d.empty)
    ok(not any(x.startswith('lost') for x in d.arrived()),
       'what was refused never arrives', d.arrived())
    d.end()


def memory():
    d = Door(smtpd='memory = 1M')
    some, got = [d.talk() for _ in range(40)], []
    for t in some:
        t.envelope([b'm@there.example'])
        if t.say(b'DATA')[:3] == '354':
            t.send(HEADER + b'\r\n' + b'x\r\n' * 15000)
            got.append(t)
    last = d.talk()
    ok(until(lambda: last.code(b'MAIL FROM:<a@b.example>') == '452 4.3.1' or
             last.code(b'RSET') == 'never'), 'no memory, no message')
    got = [t.say(b'.')[:9] for t in got]
    ok(5 < len(got) < 40 and set(got) <= {'250 2.0.0', '452 4.3.1'} and
       '250 2.0.0' in got, 'some go through', got)
    same(d.talk().mail([b'm@there.example'])[:3], '250',
         'and there is memory again')
    d.end()


def the_end():
    """SIGTERM, or other listeners: what is under way is finished."""
    d = Door()
    idle, t = d.talk(), d.talk()
    t.envelope([b'under@there.example'])
    t.say(b'DATA')
    t.send(HEADER)
    d.inst.procs['dray-smtpd'].send_signal(signal.SIGTERM)
    same(idle.reply(), '421 4.3.2 coming back in a moment', 'an idle session')
    t.send(b'\r\nhello\r\n')
    same(t.say(b'.')[:9], '250 2.0.0', 'a message is finished')
    same(t.reply()[:9], '421 4.3.2', 'then that is the end')
    t.close()
    idle.close()
    same(d.inst.procs['dray-smtpd'].wait(20), 0, 'exit code')
    d.inst.start(['dray-smtpd'])
    new = free_port()
    d.inst.conf(d.text.replace('port = %d' % d.ports['relay'],
                               'port = %d' % new))
    same(d.inst.procs['dray-smtpd'].wait(20), 0, 'another listener')
    d.inst.start(['dray-smtpd'])
    d.ports['relay'] = new
    same(d.talk('relay').mail([b'new@there.example'])[:9], '250 2.0.0',
         'which the next process has')
    until(lambda: len(d.arrived()) == 2)
    d.end()


run([whole, headers, wishes, commands, relaying, large, many,
     limits, no_queue, memory, the_end], sys.argv[1:])
done()
