#!/usr/bin/python3
# Users who log in to dray-smtpd: how they say who they are, what they may do,
# what is counted for them, and what happens while dray-auth is away.
import base64
import email
import os
import re
import signal
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import auth
from door import Door, HEADER, stored
from line import run
from tap import done, ok, same, until


class Users(Door):
    """A door behind which nobody is trusted; the ports are open to loopback."""
    def __init__(self, trust='trust = 192.0.2.0/24', **kw):
        super().__init__(trust=trust, **kw)
        self.inst.start(['dray-auth'])

    def add(self, user, *facts, password='secret'):
        auth.add(self.base, user, password, *facts)

    def users(self, *args, **kw):
        return auth.users(self.base, *args, **kw)

    def login(self, user, password='secret', role='submission', **kw):
        t = self.talk(role, **kw)
        same(t.code(plain(user, password)), '235 2.7.0', user + ' logs in')
        return t

    def end(self):
        self.inst.stop(only=['dray-auth'])
        super().end()


def b64(s):
    return base64.b64encode(s.encode() if isinstance(s, str) else s)


def plain(user, password='secret', other=''):
    return b'AUTH PLAIN ' + b64('%s\0%s\0%s' % (other, user, password))


def commands():
    d = Users()
    d.add('shop')
    t = d.talk()
    ok('250-AUTH PLAIN LOGIN' in t.hello.split('\n'), 'it is offered', t.hello)
    same(t.code(b'MAIL FROM:<a@b.example>'), '530 5.7.0', 'and needed')
    for what, want in (
            (b'AUTH', '504 5.5.4'), (b'AUTH CRAM-MD5', '504 5.5.4'),
            (b'AUTH PLAIN *', '501 5.5.2'),):
        same(t.code(what), want, what.decode())
    t = d.talk()
    same(t.say(b'AUTH PLAIN'), '334 ', 'no initial response')
    same(t.code(b'*'), '501 5.7.0', 'cancelled')
    t = d.talk()
    same(t.say(b'AUTH login'), '334 VXNlcm5hbWU6', 'LOGIN asks for a name')
    same(t.say(b64('shop')), '334 UGFzc3dvcmQ6', 'and a password')
    same(t.code(b64('wrong')), '535 5.7.8', 'a wrong one')
    same(t.say(b'AUTH LOGIN ' + b64('shop')), '334 UGFzc3dvcmQ6',
         'LOGIN with a name')
    same(t.code(b64('secret')), '235 2.7.0', 'is in')
    same(t.code(plain('shop')), '503 5.5.1', 'twice is once too often')
    same(t.mail([b'one@there.example'])[:9], '250 2.0.0', 'a message')
    t.say(b'EHLO again.example')
    same(t.mail([b'two@there.example'])[:9], '250 2.0.0', 'and after EHLO')
    for what, line, want in (
            ('PLAIN', plain('shop'), '235 2.7.0'),
            ('who acts for himself', plain('shop', other='shop'), '235 2.7.0'),
            ('who acts for another', plain('shop', other='x'), '535 5.7.8'),
            ('a wrong password', plain('shop', 'x'), '535 5.7.8'),
            ('an unknown user', plain('nobody'), '535 5.7.8'),
            ('no user', plain('', 'secret'), '535 5.7.8'),
            ('no password', plain('shop', ''), '535 5.7.8'),
            ('no zero octets', b'AUTH PLAIN ' + b64('shop'), '501 5.5.2'),
            ('one too many', plain('shop', 'secret\0'), '501 5.5.2'),
            ('an empty response', b'AUTH PLAIN =', '501 5.5.2'),
            ('no padding', plain('shop').rstrip(b'=')[:-1], '501 5.5.2'),
            ('garbage', b'AUTH PLAIN !!!!', '501 5.5.2'),
            ('two responses', plain('shop') + b' x', '501 5.5.2'),
            ('a long name', plain('x' * 2000), '501 5.5.2'),
            ('a name that is too long', plain('x' * 200), '535 5.7.8'),
            ('an octet that is none', b'AUTH PLAIN \xff\xff', '501 5.5.2')):
        t = d.talk()
        same(t.code(line), want, what)
        t.close()
    t = d.talk(hello=b'HELO client.example')
    same(t.code(plain('shop')), '503 5.5.1', 'HELO is not EHLO')
    t = d.talk(hello=None)
    same(t.code(plain('shop')), '503 5.5.1', 'nothing is even less')
    t = d.talk()
    for i in range(2):
        same(t.code(plain('shop', 'x')), '535 5.7.8', 'wrong')
    t.send(plain('shop', 'x') + b'\r\nNOOP\r\n')
    same([t.reply()[:9], t.reply()[:9], t.reply()],
         ['535 5.7.8', '421 4.7.0', ''], 'three times is the end')
    t = d.talk()
    t.send(b'AUTH PLAIN ' + b'A' * 12280)
    t.send(b'A' * 100)
    same(t.reply(), '500 5.5.2 the line is too long', 'a line without end')
    ok(t.closed(), 'is the end')
    t = d.talk()
    t.say(b'AUTH PLAIN')
    same(t.code(b'A' * 12200), '501 5.5.2', 'a long one is read')
    t = d.talk()
    t.send(plain('shop') + b'\nNOOP\r\n')
    same(t.reply()[:3], '521', 'a bare LF')
    t = d.talk()
    t.send(b'AUTH PLAIN')
    t.send(b'\r\n' + plain('shop')[11:] + b'\r\nNOOP\r\n')
    same([t.reply()[:4], t.reply()[:9], t.reply()[:9]],
         ['334 ', '235 2.7.0', '250 2.0.0'], 'who does not wait is served')
    t = d.talk('relay')
    ok('AUTH' not in t.hello, 'a relay offers it not', t.hello)
    same(t.code(plain('shop')), '503 5.5.1', 'nor takes it')
    same(t.envelope([b'x@there.example'])[:9], '550 5.7.1', 'nor mail')
    ok(until(lambda: [e for e in d.events('Rejection')
                      if e['response']['code'] == 550]), 'all that is logged')
    got = [e for e in d.events('Rejection') if e['response']['code'] == 535]
    same([(e['response']['command'], e.get('login'), e['listener'])
          for e in got[:1]], [('AUTH', 'shop', 'submission')], 'with the name')
    same({e.get('login') for e in got}, {'shop', 'nobody', None},
         'where it may be one')
    ok(not any(x in str(d.events()) for x in
               ('secret', plain('shop')[11:].decode(), b64('wrong').decode())),
       'and without passwords')
    d.end()


def envelopes():
    d = Users()
    d.add('shop', 'domains=shop.example *.shop.example', 'recipients=3')
    d.add('any')
    t = d.login('any')
    same(t.code(b'MAIL FROM:<who@ever.example> AUTH=<>'), '250 2.1.0',
         'AUTH= is taken')
    same(t.code(plain('any')), '503 5.5.1', 'AUTH within a message')
    same(t.code(b'RSET'), '250 2.0.0', 'RSET')
    same(t.code(b'MAIL FROM:<who@ever.example> AUTH=a b'), '555 5.5.4',
         'a bad one is not')
    t = d.login('shop')
    for sender, want in ((b'a@shop.example', '250'), (b'a@SHOP.example', '250'),
                         (b'a@de.shop.example', '250'), (b'', '550'),
                         (b'a@b.example', '550'), (b'a@xshop.example', '550'),
                         (b'shop.example@b.example', '550')):
        same(t.code(b'MAIL FROM:<%s>' % sender)[:3], want,
             'from <%s>' % sender.decode())
        t.say(b'RSET')
    for what, head, want in (
            ('his', b'From: A <a@shop.example>\r\n', '250 2.0.0'),
            ('two of his', b'From: a@shop.example, "b, c@d" '
             b'<b@x.shop.example>\r\n', '250 2.0.0'),
            ('another', b'From: a@b.example\r\n', '550 5.7.1'),
            ('his and another', b'From: a@shop.example, b@b.example\r\n',
             '550 5.7.1'),
            ('twice', b'From: a@shop.example\r\nFROM: b@b.example\r\n',
             '550 5.7.1'),
            ('folded', b'From: "a@shop.example"\r\n <b@b.example>\r\n',
             '550 5.7.1'),
            ('none', b'Subject: x\r\n', '550 5.7.1'),
            ('an empty one', b'From:\r\n', '550 5.7.1'),
            ('no address', b'From: shop.example\r\n', '550 5.7.1'),
            ('no list', b'From: <<a@shop.example\r\n', '550 5.7.1')):
        same(t.mail([b'u@there.example'], head + b'\r\nx\r\n',
                    sender=b'a@shop.example')[:9], want, 'From: ' + what)
    t.say(b'MAIL FROM:<a@shop.example>')
    got = [t.code(b'RCPT TO:<r%d@there.example>' % i) for i in range(5)]
    same(got, ['250 2.1.5'] * 3 + ['452 4.5.3'] * 2, 'recipients')
    d.end()


def settings():
    d = Users()
    d.add('plain')
    d.add('forced', 'stream=bulk', 'tenant=acme')
    d.add('trusted', 'stream=bulk', 'tenant=acme', 'x-dray=yes')
    fields = b'X-Dray-Tenant: evil\r\nX-Dray-Stream: transactional\r\n' \
        b'X-Dray-Campaign: camp-7\r\n'
    want = {'plain': ['regular', None, None],
            'forced': ['bulk', 'acme', None],
            'trusted': ['transactional', 'acme', 'camp-7']}
    d.inst.stop(only=['dray-remote'])
    for user in sorted(want):
        t = d.login(user)
        same(t.mail([user.encode() + b'@there.example'],
                    fields + HEADER + b'\r\n%s\r\n' % user.encode())[:9],
             '250 2.0.0', user)
        got = stored(d, b'\r\n%s\r\n' % user.encode()).decode()
        ok('evil' not in got and 'camp-7' not in got, 'nothing of it stays', got)
        ok('with ESMTPA id' in got and user + '@' not in got.split('for <')[0]
           and 'secret' not in got, 'Received', got)
        until(lambda: d.events('Reception'))
    ok(until(lambda: len(d.events('Reception')) == 3), 'three')
    for e in d.events('Reception'):
        user = e['recipient'].split('@')[0] if 'recipient' in e else '?'
        same([e.get('stream'), e.get('tenant'), e.get('campaign')],
             want.get(user), 'what is asked for ' + user)
    same(d.login('plain').mail([b'a@there.example'],
                               b'X-Dray-Lifetime: soon\r\n\r\n')[:9],
         '250 2.0.0', 'what means nothing is not looked at')
    same(d.login('trusted').mail([b'a@there.example'],
                                 b'X-Dray-Lifetime: soon\r\n\r\n')[:9],
         '554 5.6.0', 'what means something is')
    t = d.login('forced')
    d.users('change', 'forced', 'stream=none')
    ok(until(lambda: login_mail(d, 'forced')[:9] == '554 5.5.4'),
       'a stream that is none')
    d.inst.start(['dray-remote'])
    d.end()


def login_mail(d, user):
    t = d.talk()
    t.say(plain(user))
    got = t.mail([b'a@there.example'])
    t.close()
    return got


def counts():
    d = Users()
    d.add('shop', 'quota=4')
    d.add('slow', 'rate=2/h')
    t, u = d.login('shop'), d.login('shop')
    to = [b'a@there.example', b'b@there.example']
    same([x.mail(to)[:3] for x in (t, u, t)], ['250'] * 3, 'three of four')
    t.say(b'MAIL FROM:<a@b.example>')
    same(u.code(b'MAIL FROM:<a@b.example>'), '452 4.7.1',
         'the fourth is under way')
    t.say(b'RSET')
    ok(until(lambda: u.code(b'MAIL FROM:<a@b.example>') == '250 2.1.0'),
       'was given back')
    u.s.close()
    u.f.close()
    ok(until(lambda: t.code(b'MAIL FROM:<a@b.example>') == '250 2.1.0'),
       'so it is when the client goes')
    t.say(b'RSET')
    t.mail(to, b'Received: x\r\n' * 51 + b'\r\n')
    t.send(b'MAIL FROM:<a@b.example>\r\nRCPT TO:<a@there.example>\r\n'
           b'BDAT 14 LAST\r\nSubject: p\r\n\r\nMAIL FROM:<a@b.example>\r\n'
           b'NOOP\r\n')
    got = [t.reply() for _ in range(5)]
    same([g[:9] for g in got], ['250 2.1.0', '250 2.1.5', '250 2.0.0',
                                '452 4.7.1', '250 2.0.0'],
         'what was refused does not count; pipelined')
    same(got[3], '452 4.7.1 the 4 messages of today are used up', 'the reason')
    for how in (signal.SIGKILL, signal.SIGTERM):
        d.inst.stop(how, only=['dray-auth'])
        same(t.code(b'MAIL FROM:<a@b.example>'), '451 4.3.0',
             'while dray-auth is away')
        d.inst.start(['dray-auth'])
        same(t.code(b'MAIL FROM:<a@b.example>'), '452 4.7.1', 'afterwards')
    t = d.login('slow')
    got = [t.mail(to)[:3] for _ in range(2)] + [t.say(b'MAIL FROM:<>')]
    ok(got[:2] == ['250'] * 2 and re.match(
        r'451 4\.7\.1 too many messages, the next in 1[78]\d\d seconds$',
        got[2]), 'a rate', got)
    d.users('remove', 'slow')
    ok(until(lambda: t.code(b'MAIL FROM:<>') == '550 5.7.1'),
       'who is no user any more')
    d.end()


def processes():
    """One count for all who ask."""
    d = Users(smtpd='processes = 3\nerrors = 1000')
    d.add('shop', 'quota=10')
    got = []
    for i in range(7):
        t = d.login('shop')
        got += [t.mail([b'a@there.example'])[:3] for _ in range(2)]
    same(got, ['250'] * 10 + ['500'] * 4, 'ten of fourteen')
    t = d.login('shop')
    same(t.code(b'MAIL FROM:<a@b.example>'), '452 4.7.1', 'and the reason')
    d.end()


def away():
    d = Users()
    d.add('shop')
    t, u = d.login('shop'), d.talk()
    d.inst.stop(only=['dray-auth'])
    same(u.say(plain('shop')), '454 4.7.0 passwords cannot be checked now',
         'nobody can log in')
    same(t.mail([b'a@there.example'])[:9], '250 2.0.0', 'who has is in')
    d.inst.start(['dray-auth'])
    same(u.code(plain('shop')), '235 2.7.0', 'until it is back')
    d.inst.procs['dray-auth'].send_signal(signal.SIGSTOP)
    u = d.talk()
    u.send(plain('shop') + b'\r\n')
    same(t.mail([b'a@there.example'])[:9], '250 2.0.0',
         'the others do not wait for it')
    d.inst.stop(9, only=['dray-auth'])
    same(u.reply()[:9], '454 4.7.0', 'killed while it was asked')
    d.inst.start(['dray-auth'])
    same(u.code(plain('shop')), '235 2.7.0', 'and back')
    u = d.talk()
    d.inst.procs['dray-auth'].send_signal(signal.SIGSTOP)
    u.send(plain('shop') + b'\r\n')
    u.close()
    d.inst.procs['dray-auth'].send_signal(signal.SIGCONT)
    same(d.talk().code(plain('shop')), '235 2.7.0', 'a client that went')
    got = [d.talk(source='127.0.0.66').code(plain('shop', 'w%d' % i))
           for i in range(6)]
    same(got, ['535 5.7.8'] * 5 + ['454 4.7.0'], 'who guesses has to wait')
    same(d.talk().code(plain('shop')), '235 2.7.0', 'the user has not')
    d.end()


def trusted():
    """Where loopback is trusted nobody needs to log in, and everybody may."""
    d = Users(trust='')
    d.add('shop', 'tenant=acme')
    same(d.talk().mail([b'a@there.example'])[:9], '250 2.0.0', 'trusted')
    same(d.login('shop').mail([b'b@there.example'])[:9], '250 2.0.0',
         'logged in')
    ok(until(lambda: 'acme' in [e.get('tenant')
                                for e in d.events('Reception')]), 'as a user')
    d.end()
    d = Users(trust='auth = no')
    ok('AUTH' not in d.talk().hello, 'auth = no')
    d.end()
    d = Users(trust='trust = 192.0.2.0/24\nauth = yes')
    d.add('shop')
    same(d.login('shop', role='relay').mail([b'a@there.example'])[:9],
         '250 2.0.0', 'a relay with auth = yes')
    d.end()


run((commands, envelopes, settings, counts, processes, away, trusted), sys.argv[1:])
done()
