#!/usr/bin/python3
# dray-smtpd while there is no room: who begins a message hears why before its
# data is asked for; what is under way is finished; and it ends by itself.
import os
import signal
import sys
import threading
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from door import HEADER, Door
from line import run
from tap import done, ok, same, until

NOTHING_KEPT = 'errors = 1000\n[stream transactional]\nreserved-queue = 0%'
MAIL = b'MAIL FROM:<a@b.example>'
TO = b'RCPT TO:<a@there.example>'


def begin(t, to=b'a@there.example'):
    """The reply to MAIL; a message that began is given up."""
    got = t.say(MAIL)
    if got[:3] == '250':
        t.say(b'RSET')
    return got


def disk():
    d = Door()
    t, under, big = d.talk(), d.talk(), d.talk()
    for x in (under, big):
        x.envelope([b'under@there.example'])
        x.say(b'DATA')
    big.send(HEADER + b'\r\n' + b'x\r\n' * 200000)
    late = d.talk()
    late.envelope([b'late@there.example'])
    small = d.text.replace('min-free-space = 0', 'min-free-space = 900G')
    d.inst.conf(small)
    why = '452 4.3.1 disk space is short'
    ok(until(lambda: begin(t) == why), 'refused at MAIL, with the reason',
       begin(t))
    same(begin(d.talk()), why, 'so is a session that comes now')
    same(late.say(b'DATA'), why, 'and DATA of what had begun')
    late.send(b'BDAT 3 LAST\r\nA:1')
    same(late.reply(), why, 'and a chunk')
    same(late.code(b'NOOP'), '250 2.0.0', 'of which nothing is a command')
    big.send(b'x\r\n' * 200000)
    same(big.say(b'.')[:9], '250 2.0.0', 'a large one under way is finished')
    under.send(HEADER)
    same(under.say(b'.'), why, 'one that the queue has not seen is not')
    same(d.events('Reception')[1:], [], 'nothing else came in')
    # Another dray-queued, while it is so.
    d.inst.stop(signal.SIGKILL, only=['dray-queued'])
    ok(until(lambda: begin(t)[:9] == '451 4.3.0'), 'nobody is there')
    d.inst.start(['dray-queued'])
    ok(until(lambda: begin(t) == why), 'a new one says the same')
    d.inst.conf(d.text)
    ok(until(lambda: begin(t)[:3] == '250'), 'there is room again')
    same(t.mail([b'again@there.example'])[:3], '250', 'and a message is taken')
    until(d.empty)
    same(sorted(d.arrived()), ['again@there.example', 'under@there.example'],
         'what was taken arrives, and no more')
    d.end()


def limit():
    """Thirty clients send as fast as they can, while nothing leaves."""
    most = 300
    d = Door(queue='max-messages = %d\n' % most, smtpd=NOTHING_KEPT)
    d.inst.stop(only=['dray-remote'])
    taken, bad, lock = [], [], threading.Lock()

    def client(k):
        t, refused = d.talk(), 0
        for i in range(2000):
            to = b'q%d.%d@there.example' % (k, i)
            got = begin(t)
            if got[:3] == '250':
                got = t.mail([to])
                if got[:9] == '500 5.5.1':
                    # The message was refused after all; its data was not
                    # asked for, and is not read as such.
                    return
            with lock:
                if got[:3] != '250':
                    refused += 1
                else:
                    taken.append(to.decode())
                if got[:3] not in ('250', '452'):
                    bad.append(got)
            if refused > 3:
                break
        t.close()

    threads = [threading.Thread(target=client, args=(k,)) for k in range(30)]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    same(bad, [], 'nothing but 452')
    # A message that has begun is let in; each client has one at a time.
    ok(most <= len(taken) < most + 30, 'the queue keeps its limit', len(taken))
    t = d.talk()
    ok(until(lambda: begin(t) == '452 4.3.1 the queue is full'),
       'the reason', begin(t))
    # While dray-send is down what comes is counted all the same.
    d.inst.stop(only=['dray-send'])
    d.inst.stop(signal.SIGKILL, only=['dray-queued'])
    d.inst.start(['dray-queued'])
    ok(until(lambda: begin(t) == '452 4.3.1 the queue is full'),
       'after a new start, too', begin(t))
    d.inst.start(['dray-send', 'dray-remote'])
    ok(until(lambda: begin(t)[:3] == '250', 60), 'it drains, and takes more')
    until(lambda: len(d.arrived()) >= len(taken), 60)
    same(sorted(d.arrived()), sorted(taken), 'nothing accepted is lost')
    d.end()


def sleepy_send():
    """dray-send is away: the limit holds for what it has not seen."""
    most = 100
    d = Door(queue='max-messages = %d\n' % most, smtpd=NOTHING_KEPT)
    t = d.talk()
    t.mail([b'first@there.example'])
    until(d.empty)
    d.inst.stop(only=['dray-send'])
    n = 0
    while n < 2 * most and t.mail([b'r%d@there.example' % n])[:3] == '250':
        n += 1
    ok(most - 1 <= n <= most + 2, 'so many are taken', n)
    ok(until(lambda: begin(t) == '452 4.3.1 the queue is full'), 'no more')
    d.inst.stop(only=['dray-remote'])
    d.inst.start(['dray-send', 'dray-remote'])
    ok(until(lambda: begin(t)[:3] == '250'), 'until it is back')
    d.end()


def reserve():
    """A part of the queue is kept for what people wait for."""
    full = '452 4.3.1 the queue is full'
    part = full + ' but for some streams'
    urgent = b'X-Dray-Stream: transactional\r\n' + HEADER + b'\r\n'
    d = Door(queue='max-messages = 100\n', smtpd='errors = 1')
    d.inst.stop(only=['dray-remote'])
    t, u = d.talk(), d.talk()
    got = [t.mail([b'r%d@there.example' % n]) for n in range(90)]
    same([g for g in got if g[:3] != '250'], [], 'most is for all')
    same(d.talk().mail([b'no@there.example']), part, 'then that is full')
    same(t.mail([b'no@there.example']), part, 'for who was there, too')
    same(begin(t), part, 'who hears so at MAIL the next time')
    many = MAIL + b'\r\n' + TO + b'\r\nDATA\r\n'
    t.send(many * 2)
    same([t.reply()[:9] for _ in range(6)],
         ['452 4.3.1', '503 5.5.1', '503 5.5.1'] * 2, 'and what is behind it')
    same(t.code(b'NOOP'), '250 2.0.0', 'which are no errors of its own')
    ok(until(lambda: begin(t)[:3] == '250'), 'and may try again a moment later')
    got = [u.mail([b't%d@there.example' % n], urgent) for n in range(10)]
    same([g for g in got if g[:3] != '250'], [],
         'messages of another stream are taken')
    ok(until(lambda: begin(u) == full), 'until all is full', begin(u))
    same(begin(d.talk()), full, 'for everybody')
    d.inst.start(['dray-remote'])
    ok(until(lambda: begin(t)[:3] == '250'), 'it ends by itself')
    ok(until(lambda: len(d.arrived()) >= 100, 60), 'all comes', d.arrived())
    d.end()


def memory():
    """One message takes most of the memory of dray-queued."""
    d = Door(queue='memory = 2M\nbundle-size = 1M\n', smtpd='recipients = 20000')
    t, big = d.talk(), d.talk()
    big.say(MAIL)
    for k in range(33):
        big.send(b''.join(
            b'RCPT TO:<u%d@d.example> ORCPT=rfc822;%s\r\n' % (i, b'x' * 480)
            for i in range(k * 100, k * 100 + 100)))
        [big.reply() for _ in range(100)]
    big.say(b'DATA')
    big.send(HEADER + b'\r\n' + b'x\r\n' * 60000)
    ok(until(lambda: begin(t) == '451 4.3.2 too many messages at a time'),
       'no memory in the queue', begin(t))
    big.close()
    ok(until(lambda: begin(t)[:3] == '250'), 'it has some again')
    d.end()


run([disk, limit, sleepy_send, reserve, memory], sys.argv[1:])
done()
