#!/usr/bin/python3
# SMTP smuggling: whatever is the end of a message to somebody, and is not, is
# one refused message here, and nothing behind it a command; in one write, and
# cut anywhere.  And what is taken is one message at the next server, too.
import os
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import peers
from door import Door, stored
from line import BUILD, run
from tap import done, ok, same, skip, until

ENDS = (b'\n.\n', b'\n.\r\n', b'\r\n.\n', b'\r.\r', b'\r.\n', b'\n.\r',
        b'\r\n.\r', b'\r.\r\n', b'\n\n.\r\n', b'\r\r.\r\n', b'\r\n.\r\r\n',
        b'\r\n\x00.\r\n', b'\r\n.\x00\r\n', b'\r\n\x00.\x00\r\n',
        b'\r\n.\n\r\n', b'\r\n. \n', b'\r\n.\r.\r\n', b'\r\x00\n.\r\x00\n')
# The last of it is a true end of a message, behind a CR that stands alone.
TRUE = b'\r\r\n.\r\n'
HEADER = b'X-Test: one\r\nFrom: a@b.example\r\nSubject: test\r\n'
EVIL = b'MAIL FROM:<x@evil.example>\r\nRCPT TO:<uevil@%s>\r\n'
MESSAGE = b'X-Test: evil\r\nSubject: evil\r\n\r\nevil'


def evil(domain=b'there.example'):
    return EVIL % domain + b'DATA\r\n' + MESSAGE


def attempt(d, data, end, cut):
    """By DATA, in one segment or cut in that place; the replies to it and to
    the command behind it."""
    t = d.talk('relay')
    t.envelope([b'good@there.example'])
    t.say(b'DATA')
    t.pieces(data[:cut], data[cut:] + b'\r\n.\r\nNOOP\r\n')
    got = t.reply()[:9], t.reply()[:9]
    t.close()
    return got


def in_data():
    """One message, refused; the next reply is that to our own command."""
    d = Door()
    want = ('554 5.6.0', '250 2.0.0')
    for end in ENDS:
        head = HEADER + b'\r\nbody'
        data = head + end + evil()
        cuts = range(len(head), len(head) + len(end) + 1)
        same([attempt(d, data, end, i) for i in cuts], [want] * len(cuts),
             'DATA: %r, cut anywhere' % end)
        # Where a header begins, and where there is no body.
        data = end + evil()
        same(attempt(d, data, end, 1), want, 'DATA: %r at the start' % end)
        data = HEADER + end + evil()
        same(attempt(d, data, end, len(HEADER)), want,
             'DATA: %r in the header' % end)
    same(d.events('Reception'), [], 'nothing came in')
    d.end()


def true_end():
    """CRLF, a dot and CRLF are the end whatever stands in front of them, so what
    follows is a command for everybody."""
    d = Door()
    t = d.talk('relay')
    t.envelope([b'good@there.example'])
    t.say(b'DATA')
    t.send(HEADER + b'\r\nbody' + TRUE + b'NOOP\r\n')
    same((t.reply()[:9], t.reply()[:9]), ('554 5.6.0', '250 2.0.0'),
         '%r is the end of a refused message' % TRUE)
    same(d.events('Reception'), [], 'nothing came in')
    d.end()


def commands():
    """A command with such an end is the end of the session."""
    d = Door()
    for line in (b'NOOP\n', b'NOOP\nMAIL FROM:<a@b.example>\r\n',
                 b'NOOP\rNOOP\r\n', b'NOOP\r\r\n', b'\n', b'\r\r\n',
                 b'MAIL FROM:<a@b.example>\nRCPT TO:<good@there.example>\r\n'):
        t = d.talk('relay')
        t.send(line)
        same(t.reply()[:9], '521 5.5.2', '%r' % line)
        ok(t.closed(), 'is the end')
        t.close()
    d.end()


def in_chunks():
    """The count decides, not what is in it; again one refused message, whether
    it comes in one chunk or the end is split between two."""
    d = Door()
    for end in ENDS:
        data = HEADER + b'\r\nbody' + end + evil() + b'\r\n'
        got = []
        for at in range(len(end) + 1):
            t = d.talk('relay')
            k = data.index(b'body') + 4 + at
            t.envelope([b'good@there.example'])
            t.pieces(b'BDAT %d\r\n' % k + data[:k] +
                     b'BDAT %d LAST\r\n' % len(data[k:]), data[k:] +
                     b'NOOP\r\n')
            got.append([t.reply()[:3], t.reply()[:9], t.reply()[:9]])
            t.close()
        # The first chunk may be refused already.
        good = [x[1:] == ['554 5.6.0', '250 2.0.0'] and x[0] in ('250', '554')
                for x in got]
        ok(all(good), 'BDAT: %r, split anywhere' % end, got)
    same(d.events('Reception'), [], 'nothing came in')
    d.end()


def pipelined():
    """A refused message in the middle of many that are good, all in one
    write: each has its own replies."""
    d = Door()
    good = b'MAIL FROM:<a@b.example>\r\nRCPT TO:<%s@there.example>\r\n'
    lines, want = b'', []
    for i, end in enumerate(ENDS):
        bad = HEADER + b'\r\nbody' + end + evil() + b'\r\n'
        lines += good % (b'p%d' % i) + b'BDAT %d LAST\r\n' % len(HEADER) + \
            HEADER
        lines += good % b'good' + b'BDAT %d LAST\r\n' % len(bad) + bad
        want += ['250', '250', '250', '250', '250', '554']
    t = d.talk('relay')
    t.send(lines)
    same([t.reply()[:3] for _ in want], want, 'in the middle of others')
    until(lambda: len(d.arrived()) == len(ENDS))
    same(sorted(d.arrived()),
         sorted('p%d@there.example' % i for i in range(len(ENDS))),
         'which arrive, and nothing else')
    d.end()


def lf_alone(end):
    """What normalising makes good: nothing is wrong but a LF by itself."""
    return b'\x00' not in end and b'\r' not in end.replace(b'\r\n', b'')


def normalised():
    """By policy a bare LF becomes CRLF; the end of a message is what it was."""
    d = Door(trust='bare-line-ends = normalise')
    n = 0
    for end in ENDS:
        data = HEADER + b'\r\nbody' + end + evil() + b'\r\n'
        k, got = data.index(b'body') + 4, []
        for at in range(len(end) + 1):
            t = d.talk('relay')
            t.envelope([b'n%d@there.example' % n])
            t.say(b'DATA')
            t.pieces(data[:k + at], data[k + at:] + b'.\r\nNOOP\r\n')
            got.append((t.reply()[:9], t.reply()[:9]))
            t.say(b'MAIL FROM:<a@b.example>')
            t.say(b'RCPT TO:<n%d@there.example>' % (n + 1))
            t.pieces(b'BDAT %d\r\n' % (k + at) + data[:k + at] +
                     b'BDAT %d LAST\r\n' % len(data[k + at:]),
                     data[k + at:] + b'NOOP\r\n')
            t.reply()
            got.append((t.reply()[:9], t.reply()[:9]))
            t.close()
            n += 2 * lf_alone(end)
        want = '250 2.0.0' if lf_alone(end) else '554 5.6.0'
        same(set(got), {(want, '250 2.0.0')},
             '%r is %s' % (end, 'content' if lf_alone(end) else 'refused'))
    ok(n > 20 and until(lambda: len(d.arrived()) >= n), 'as many arrive')
    same(sorted(d.arrived()),
         sorted('n%d@there.example' % i for i in range(n)),
         'and nothing else: %d' % n)
    for line in (b'NOOP\n', b'MAIL FROM:<a@b.example>\nDATA\r\n'):
        t = d.talk('relay')
        t.send(line)
        same(t.reply()[:9], '521 5.5.2', '%r is no command' % line)
        t.close()
    d.end()


def normal_form():
    d = Door(trust='bare-line-ends = normalise')
    d.inst.stop(only=['dray-remote'])
    t = d.talk('relay')
    t.mail([b'n@there.example'], b'X-Dray-Campaign: c\nSubject: x\nTo: y\n\n'
           b'a\n.\n..\n\n.b\r\n..c\r\nend of it\n\r\n')
    same(stored(d, b'end of it\r\n\r\n').partition(b'Subject')[2],
         b': x\r\nTo: y\r\n\r\na\r\n..\r\n...\r\n\r\n..b\r\n..c\r\n'
         b'end of it\r\n\r\n', 'lines, and dots that are content')
    t.chunks([b'n@there.example'], b'A: b\n', b'\nx\r', b'\ny', b'\n.\n',
             b'end of two\n')
    same(stored(d, b'end of two\r\n').partition(b'A: ')[2],
         b'b\r\n\r\nx\r\ny\r\n..\r\nend of two\r\n', 'over chunks')
    same([e.get('campaign') for e in d.events('Reception')][:1], ['c'],
         'the header is read')
    d.inst.start(['dray-remote'])
    d.end()
    d = Door(trust='trust = 192.0.2.0/24\nbare-line-ends = normalise')
    same(d.talk('relay').envelope([b'n@there.example'])[:3], '550',
         'nobody is trusted for it')
    # In force at once, and over at once.
    d.inst.conf(d.text.replace('192.0.2.0/24', '127.0.0.0/8'))
    ok(until(lambda: d.talk('relay').mail([b'n@there.example'], b'A: b\n\r\n')
             [:3] == '250'), 'trusted')
    d.inst.conf(d.text.replace('192.0.2.0/24', '127.0.0.0/8').replace(
        'normalise', 'refuse'))
    ok(until(lambda: d.talk('relay').mail([b'n@there.example'], b'A: b\n\r\n')
             [:3] == '554'), 'refused')
    d.end()


# What is good to take, and means something to whoever does not look closely:
# (content, whether DATA can say it: there the ends of lines are stuffed).
TAKEN = (
    b'\r\n.\r\n', b'\r\n..\r\n', b'\r\n.\r\n.\r\n', b'\r\n...\r\n.\r\n',
    b'\r\n. \r\n', b'\r\n.\t\r\n', b'\r\n .\r\n', b'\r\n.\r\nQUIT\r\n',
    b'\r\nBDAT 0 LAST\r\n', b'\r\n.\r\nRSET\r\n', b'\r\n\r\n.\r\n\r\n',
)


def offer(d, domain):
    """All of TAKEN, by DATA and by BDAT, also with a chunk that ends within;
    how many were taken."""
    n = 0
    t = d.talk('relay')
    for what in TAKEN:
        data = HEADER + b'\r\nbody' + what + evil(domain) + b'\r\n'
        to = [b'u%d@%s' % (n, domain)]
        got = [t.mail(to, data.replace(b'\r\n.', b'\r\n..'))]
        for at in range(1, len(what)):
            k = data.index(b'body') + 4 + at
            got.append(t.chunks([b'u%d@%s' % (n + at, domain)],
                                data[:k], data[k:]))
        ok(all(x[:3] == '250' for x in got), '%r is content' % what, got)
        n += len(got)
    # A dot at the very start, and no line end at the end.
    for at, data in enumerate((b'.\r\n' + evil(domain), b'.',
                               HEADER + b'\r\nbody\r\n.')):
        same(t.chunks([b'u%d@%s' % (n, domain)], b'X-Test: x\r\n\r\n' + data)
             [:3], '250', 'content %d' % at)
        n += 1
    return n


def through(chunking):
    args = [] if chunking else ['-x', 'nochunking']
    d = Door(args=args)
    n = offer(d, b'there.example')
    until(d.empty)
    same(sorted(d.arrived()), sorted('u%d@there.example' % i
                                     for i in range(n)),
         'each is one message for the next server, by %s' %
         ('BDAT' if chunking else 'DATA'))
    same({e['data_command'] for e in d.events('Delivery')},
         {'BDAT' if chunking else 'DATA'}, 'it was')
    d.end()


def through_sink():
    through(True)
    through(False)


def postfix(peer, keys):
    """Those that arrive; a refusal of the second server would be none."""
    domain = peer.domain.encode()
    peer.clear()
    d = Door(routes='[static *]\nhosts = 127.0.0.1:%d\n%s' % (
        peer.port, keys))
    n = offer(d, domain)
    ok(until(d.empty, 60), 'all leaves', peer.said())
    until(lambda: peer.count() >= n)
    same(sorted(x[0] for x in peer.arrived()),
         sorted('u%d@%s' % (i, peer.domain) for i in range(n)),
         'each is one message for %s, %s' % (peer.name, keys.strip() or 'by BDAT'))
    d.end()


def through_others():
    for name in ('postfix', 'exim'):
        try:
            peer = peers.start(name, BUILD)
        except peers.Missing as e:
            skip(name, e)
            continue
        try:
            postfix(peer, '')
            postfix(peer, 'chunking = no\n')
        finally:
            peer.end()


run([in_data, true_end, commands, in_chunks, pipelined, normalised,
     normal_form, through_sink, through_others], sys.argv[1:])
done()
