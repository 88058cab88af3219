#!/usr/bin/python3
# What comes back: a listener that takes mail for our own addresses of return,
# complaint and unsubscription from all the world, and no other; it goes to
# dray-bounce, which may be killed, or have a full disk.
import glob
import os
import random
import re
import signal
import subprocess
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import ownnet

HERE, THERE = '192.0.2.1', '198.51.100.7'
ownnet.enter(HERE, THERE)

from door import HEADER, Door
from line import run
from tap import done, ok, same, skip, until

RETURNS = '''bounce = bounces@own.example ret.example
complaint = fbl@own.example b\u00fccher.example
unsubscribe = unsub.own.example leave+now@own.example
max-message-size = 1M'''


def door(**kw):
    d = Door(returns=RETURNS, **kw)
    d.text = d.text.replace('role = returns', 'role = returns\naddress = ' +
                            HERE)
    d.inst.conf(d.text)
    same(d.inst.procs['dray-smtpd'].wait(20), 0, 'another address')
    d.inst.start(['dray-smtpd'])
    return d


def talk(d, source=THERE, **kw):
    return d.talk('returns', host=HERE, source=source, **kw)


def stored(d):
    """[from, [(kind, address)], octets] of each file, the oldest first."""
    out = []
    until(lambda: not os.listdir(d.base + '/spool/returns/new'))
    for name in glob.glob(glob.escape(d.base) + '/spool/returns/kept/*'):
        with open(name, 'rb') as f:
            head, _, body = f.read().partition(b'\n\n')
        lines = head.decode().split('\n')
        # Time, microseconds, process, number: not as strings.
        out.append(([int(x) for x in re.findall(
            r'\d+', os.path.basename(name))], lines[0],
                    re.match(r'time \d+$', lines[1]) is not None,
                    lines[2], lines[3:], body))
    return [x[1:] for x in sorted(out)]


def ids(d):
    """Nobody can tell whose they are, so all are kept."""
    return {os.path.basename(x) for x in glob.glob(
        glob.escape(d.base) + '/spool/returns/new/*') + glob.glob(
            glob.escape(d.base) + '/spool/returns/kept/*')}


def addresses():
    """Who is somebody here, and who is not."""
    d = door()
    t = talk(d)
    ok('250-SIZE 1044480' in t.hello, 'its own size', t.hello)
    for address, want in (
            (b'bounces@own.example', '250'), (b'Bounces@OWN.example', '250'),
            (b'bounces+token=x@own.example', '250'),
            (b'x@ret.example', '250'), (b'"a b"@ret.example', '250'),
            (b'v+a=b.example@Ret.Example', '250'),
            (b'fbl@own.example', '250'), (b'x@unsub.own.example', '250'),
            (b'x@xn--bcher-kva.example', '250'),
            (b'leave+now@own.example', '250'),
            (b'leave@own.example', '550'), (b'leave+x@own.example', '550'),
            (b'bounces@ret.example.x', '550'), (b'x@a.ret.example', '550'),
            (b'bouncesx@own.example', '550'), (b'x@own.example', '550'),
            (b'bounces%there.example@own.example', '550'),
            (b'there.example!bounces@own.example', '550'),
            (b'bounces@[192.0.2.1]', '550'), (b'postmaster', '550'),
            (b'a@there.example', '550'), (b'a@b.example', '550')):
        t.say(b'RSET')
        got = t.envelope([address])
        same(got[:3], want, address.decode())
        if want == '550':
            same(got, '550 5.1.1 no such address here', 'in these words')
            same(t.code(b'DATA'), '554 5.5.1', 'and no DATA')
    d.end()


def whole():
    d = door()
    t = talk(d)
    data = b'Subject: one\r\nX-Dray-Stream: what\r\nX-Dray-Lifetime: x\r\n' \
        b'\r\n.\r\n..two\r\nend'
    got = t.mail([b'x@ret.example'], data.replace(b'\r\n.', b'\r\n..') +
                 b'\r\n', sender=b'')
    ok(re.match(r'250 2\.0\.0 queued as \S+$', got), 'from the null sender', got)
    same(ids(d), {got.split()[-1]}, 'under the id that the client was told')
    same(t.chunks([b'fbl@own.example', b'v+1@ret.example',
                   b'x@unsub.own.example'], HEADER, b'\r\n', b'chunks')[:9],
         '250 2.0.0', 'in chunks, of three kinds')
    t.say(b'MAIL FROM:<\xc3\xa4@b.example> SMTPUTF8 BODY=8BITMIME')
    t.say(b'RCPT TO:<\xc3\xa4@b\xc3\xbccher.example>')
    t.say(b'DATA')
    t.send('Subject: \u00e4\r\n\r\n\u00f6\r\n'.encode() + b'\xff\x80\r\n')
    same(t.say(b'.')[:9], '250 2.0.0', '8BITMIME and SMTPUTF8')
    a, b, c = stored(d)
    same(a[:4], ('dray-return 1', True, 'from <>', ['bounce <x@ret.example>']),
         'the first')
    m = re.match(rb'Received: from client\.example \(\[198\.51\.100\.7\]\)\r\n'
                 rb'\tby bench\.example with ESMTP id [^\r]+\r\n'
                 rb'\tfor <x@ret\.example>;\r\n\t[^\r]+\r\n', a[4])
    ok(m, 'Received', a[4])
    same(a[4][m.end() if m else 0:], b'Subject: one\r\n\r\n.\r\n..two\r\nend\r\n',
         'its octets, but for what is ours alone')
    same(b[2:4], ('from <a@b.example>', [
        'complaint <fbl@own.example>', 'bounce <v+1@ret.example>',
        'unsubscribe <x@unsub.own.example>']), 'the second')
    ok(b[4].endswith(b'\r\n\r\nchunks'), 'its octets', b[4])
    same(c[2:4], ('from <\u00e4@b.example>',
                  ['complaint <\u00e4@b\u00fccher.example>']), 'the third')
    ok(c[4].endswith(b'\xff\x80\r\n'), 'its octets', c[4])
    same((d.events('Reception'), d.arrived()), ([], []),
         'nothing of it is in the queue')
    # Mixed recipients: those that are somebody get it.
    t.say(b'MAIL FROM:<a@b.example>')
    same([t.code(b'RCPT TO:<%s>' % x) for x in (
        b'a@there.example', b'x@ret.example', b'y@own.example')],
         ['550 5.1.1', '250 2.1.5', '550 5.1.1'], 'mixed recipients')
    t.say(b'DATA')
    t.send(HEADER)
    same(t.say(b'.')[:9], '250 2.0.0', 'get the message')
    same(stored(d)[-1][3], ['bounce <x@ret.example>'], 'whom it is for')
    # The same content that the others refuse.
    same(t.mail([b'x@ret.example'], b'A: b\n\r\n')[:9], '554 5.6.0', 'a bare LF')
    same(t.mail([b'x@ret.example'], b'A: b\r\n' + b'x' * 1000 + b'\r\n')[:9],
         '554 5.6.0', 'a long line')
    same(t.mail([b'x@ret.example'], b'Received: x\r\n' * 60)[:9], '554 5.4.6',
         'a loop')
    same(t.code(b'MAIL FROM:<a@b.example> SIZE=2000000'), '552 5.3.4',
         'too large, as it says')
    for n, want in ((13000, '250 2.0.0'), (14000, '552 5.3.4')):
        t.say(b'RSET')
        same(t.mail([b'x@ret.example'], HEADER + b'\r\n' + (
            b'x' * 74 + b'\r\n') * n)[:9], want, 'a message of %d lines' % n)
    same(len(stored(d)), 5, 'that many are stored')
    ok(until(lambda: not os.listdir(d.base + '/spool/returns/tmp')),
       'and nothing is left')
    d.end()


def never_relays():
    """Whom the other roles would trust is nobody special here, and nothing
    comes back by the others from who is not trusted."""
    d = door()
    for source in (THERE, HERE):
        same(talk(d, source).envelope([b'a@there.example'])[:9], '550 5.1.1',
             'no relaying for ' + source)
    d.inst.conf(d.text.replace('address = ' + HERE, 'address = 127.0.0.1'))
    same(d.inst.procs['dray-smtpd'].wait(20), 0, 'now on loopback')
    d.inst.start(['dray-smtpd'])
    t = d.talk('returns')
    same(t.envelope([b'a@there.example'])[:9], '550 5.1.1',
         'nor for loopback')
    t.say(b'RSET')
    same(t.envelope([b'x@ret.example'])[:3], '250', 'which may send, too')
    r = subprocess.run(
        [d.inst.bin + '/dray-inject', '-i', '--', 'x@ret.example'],
        input=b'Subject: x\n\nx\n', env=dict(os.environ, DRAY_BASE=d.base))
    same(r.returncode, 0, 'the queue takes mail to them as any other')
    ok(until(lambda: d.arrived() == ['x@ret.example']), 'which leaves')
    for wrong in ('trust = 127.0.0.1', 'auth = yes', 'bare-line-ends = normalise'):
        d.inst.write_conf(d.text.replace('role = returns',
                                         'role = returns\n' + wrong))
        r = subprocess.run([d.inst.bin + '/dray-policy', '-b', d.base,
                            'compile'], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
        same(r.returncode, 100, 'a mistake: ' + wrong)
    d.end()


def live():
    """A new address holds at once."""
    d = door()
    t = talk(d)
    same(t.envelope([b'new@own.example'])[:3], '550', 'nobody yet')
    d.inst.conf(d.text.replace('bounce = ', 'bounce = new@own.example '))
    ok(until(lambda: t.say(b'RSET') and
             t.envelope([b'new@own.example'])[:3] == '250'), 'by a new policy')
    t.say(b'RSET')
    same(t.mail([b'new@own.example'])[:9], '250 2.0.0', 'dray-bounce knows it')
    d.end()


def part(d):
    """The process of dray-bounce that takes what comes back."""
    pid = d.inst.procs['dray-bounce'].pid
    with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
        return int(f.read().split()[0])


def kill_part(d):
    os.kill(part(d), signal.SIGKILL)
    d.inst.procs.pop('dray-bounce').wait(20)


def killed():
    """dray-bounce dies again and again: what was answered 250 is there, whole,
    and nothing is there in part."""
    d = door()
    r = random.Random(7)
    sent, maybe, deaths = {}, set(), 0
    t = talk(d)
    for i in range(60):
        body = HEADER + b'\r\nnumber %d\r\n' % i + b'x' * 70 + b'\r\n'
        body += (b'y' * 70 + b'\r\n') * (r.randrange(4000) if i % 3 else 1)
        to = [b'n%d@ret.example' % i]
        t.envelope(to)
        got = t.say(b'DATA')
        if got[:3] == '354':
            half = len(body) // 2
            t.send(body[:half])
            if i % 4 == 1:
                d.inst.stop(signal.SIGKILL, ['dray-bounce'])
                deaths += 1
            t.send(body[half:])
            if i % 4 == 2:
                t.send(b'.\r\n')
                kill_part(d)
                deaths += 1
                got = t.reply()
            else:
                got = t.say(b'.')
        if got[:3] == '250':
            sent[i] = (got.split()[-1], body)
        elif got[:3] in ('451', '452'):
            maybe.add(i)
        else:
            ok(False, 'neither 250 nor 451', got)
        t.say(b'RSET')
        if 'dray-bounce' not in d.inst.procs:
            d.inst.start(['dray-bounce'])
    have, twice = {}, 0
    for name in ids(d):
        until(lambda: not os.listdir(d.base + '/spool/returns/new'))
        with open(d.base + '/spool/returns/kept/' + name, 'rb') as f:
            data = f.read()
        i = int(re.search(rb'number (\d+)', data).group(1))
        twice += i in have
        have[i] = (name, data)
    ok(deaths > 20 and len(sent) > 20, 'it died %d times, %d are sent, %d may '
       'be' % (deaths, len(sent), len(maybe)))
    same([i for i in sent if i not in have or have[i][0] != sent[i][0] or
          not have[i][1].endswith(sent[i][1])], [],
         'each that was answered 250 is there, whole')
    ok(set(have) <= set(sent) | maybe and not twice, 'and no other')
    d.end()


def away():
    d = door()
    t, big = talk(d), talk(d)
    d.inst.stop(only=['dray-bounce'])
    ok(until(lambda: t.say(b'RSET') and t.code(
        b'MAIL FROM:<>') == '451 4.3.0'), 'dray-bounce is away')
    same(d.talk('relay').mail([b'a@there.example'])[:9], '250 2.0.0',
         'which is nothing to the others')
    d.inst.start(['dray-bounce'])
    same(t.mail([b'x@ret.example'])[:9], '250 2.0.0', 'it is back')
    # What is under way at the end is finished, or refused for now.
    big.envelope([b'x@ret.example'])
    big.say(b'DATA')
    big.send(HEADER + b'\r\n' + b'x\r\n' * 100000)
    d.inst.stop(only=['dray-bounce'])
    same(big.say(b'.')[:9], '451 4.3.0', 'one that was under way')
    same(len(ids(d)), 1, 'never was')
    d.inst.start(['dray-bounce'])
    # And the process that takes it: dray-bounce does not live without.
    os.kill(part(d), signal.SIGKILL)
    same(d.inst.procs['dray-bounce'].wait(20), 111, 'it ends with its part')
    d.inst.start(['dray-bounce'])
    same(t.say(b'RSET') and t.mail([b'x@ret.example'])[:9], '250 2.0.0',
         'and is there again')
    d.end()


def no_room():
    """As policy has it; and a disk that is really full, where one can be
    made."""
    d = door()
    t = talk(d)
    d.inst.conf(d.text.replace('min-free-space = 0', 'min-free-space = 900G'))
    ok(until(lambda: t.say(b'RSET') and t.mail([b'x@ret.example'])[:9] ==
             '452 4.3.1'), 'there is no room')
    ok(until(lambda: t.say(b'RSET') and t.say(b'MAIL FROM:<>') ==
             '452 4.3.1 disk space is short'), 'told before the data')
    d.inst.conf(d.text)
    ok(until(lambda: t.say(b'RSET') and t.mail([b'x@ret.example'])[:3] ==
             '250'), 'there is room again')
    d.end()


def full_disk():
    d = door()
    d.inst.stop(only=['dray-bounce'])
    place = d.base + '/spool/returns'
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', place],
                      stderr=subprocess.DEVNULL).returncode:
        skip('a full disk', 'nothing can be mounted here')
        d.end()
        return
    try:
        d.inst.start(['dray-bounce'])
        t, got, n = talk(d), [], 0
        for i in range(20):
            size = (b'x' * 74 + b'\r\n') * (100 if i % 2 else 3000)
            got.append(t.mail([b'n%d@ret.example' % i],
                              HEADER + b'\r\n' + size)[:9])
            n += got[-1] == '250 2.0.0'
            t.say(b'RSET')
        same(set(got), {'250 2.0.0', '452 4.3.1'}, 'some find room')
        until(lambda: not os.listdir(place + '/new'))
        same(len(ids(d)), n, 'and are there')
        same(os.listdir(place + '/tmp'), [], 'nothing else is')
        for f in ids(d):
            os.unlink(place + '/kept/' + f)
        ok(until(lambda: t.say(b'RSET') and t.mail([b'x@ret.example'])[:3] ==
                 '250'), 'there is room again')
        d.inst.stop(only=['dray-bounce'])
    finally:
        # The processes of dray-bounce that hold it end after the first one.
        ok(until(lambda: subprocess.run(
            ['umount', place], stderr=subprocess.DEVNULL).returncode == 0),
           'nobody stays there')
    d.end()


run([addresses, whole, never_relays, live, killed, away, no_room, full_disk],
    sys.argv[1:])
done()
