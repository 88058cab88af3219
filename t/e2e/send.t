#!/usr/bin/python3
# The whole line: queued, send, remote, log, with a scripted receiving side.
import glob
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import Sink, load
from line import BUILD, FAST, Line, run, top
from tap import done, ok, same, until


def notices(s):
    out = []
    for n in glob.glob(s.base + '/spool/bounce/new/*'):
        with open(n) as f:
            out += [json.loads(x) for x in f]
    return out


def fates():
    s = Line('''rcpt to later*@* first 1 reply 451 4.2.1 come again
rcpt to never*@* reply 550 5.1.1 no such user here
''')
    mid = s.inject(['good@a.example', 'later@a.example', 'never@a.example',
                    '"odd one"@b.example', 'x@[127.0.0.1]'])
    ok(until(s.empty), 'every recipient has its fate')
    same(sorted(s.arrived()), ['"odd\\x20one"@b.example', 'good@a.example',
                               'later@a.example', 'x@[127.0.0.1]'],
         'those that were accepted arrived, as they were written')
    d = s.events('Delivery')
    same(sorted(e['recipient'] for e in d),
         ['"odd one"@b.example', 'good@a.example', 'later@a.example',
          'x@[127.0.0.1]'], 'a Delivery event each')
    ok(all(e['id'] == mid for e in d), 'with the id that dray-inject printed',
       (mid, d))
    t = s.events('TransientFailure')
    same([(e['recipient'], e['response']['code']) for e in t],
         [('later@a.example', 451)], 'one TransientFailure')
    ok('next_attempt' in t[0], 'which says when it is tried again')
    b = s.events('Bounce')
    same([(e['recipient'], e['response']['code'],
           e['response']['enhanced_code']) for e in b],
         [('never@a.example', 550, {'class': 5, 'subject': 1, 'detail': 1})],
         'one Bounce')
    n = notices(s)
    same([(x['id'], x['sender'], x['recipient'], x['code'], x['status'])
          for x in n], [(mid, 'a@sender.example', 'never@a.example', 550,
                         '5.1.1')], 'a notice waits for its sender')
    ok('Subject: x\r\n' in n[0]['header'] and 'hello' not in n[0]['header'],
       'with the header of the message', n[0]['header'])
    same([e['recipients'] for e in s.events('Reception')], [5],
         'one Reception for the message')
    s.inject(['never1@a.example'], sender='<>')
    s.inject(['never2@a.example'], '-N', 'never')
    ok(until(lambda: len(s.events('Bounce')) == 3 and s.empty()),
       'two more fail')
    same(len(notices(s)), 1, 'no notice to the null sender, none unwished')
    s.end()


def asleep():
    dead = Sink(BUILD)
    dead.end()
    s = Line(routes='[static *]\nhosts = 127.0.0.1:%d\n' % dead.port)
    for i in range(10):
        s.inject(['u%d@down.example' % i])
    ok(until(lambda: s.inst.stat()['recipients'] == 10), 'ten wait')
    ok(until(lambda: s.events('Delayed')), 'their site sleeps')
    same(s.arrived(), [], 'nothing arrived')
    d = s.inst.stat()['destinations'][0]
    same((d['name'], d['recipients']), ('down.example', 10),
         'dray-send counts them at their site')
    ok(len(s.events('Delayed')) <= 4 and not s.events('TransientFailure'),
       'one event for the site, none for each recipient')
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d 127.0.0.1:%d\n' %
                  (dead.port, s.sink.port))
    ok(until(lambda: len(s.arrived()) == 10),
       'a new policy is taken at once; its second address serves')
    ok(until(s.empty), 'the queue is empty')
    s.end()


def no_route():
    s = Line(routes='[static known.example]\nhosts = 127.0.0.1:9\n')
    s.inject(['x@unknown.example'])
    ok(until(lambda: [d for d in s.inst.stat()['destinations']
                      if d.get('reason') == 'waits for dray-dns']),
       'a domain without a route waits for dray-dns, and says so')
    s.inst.routes('[static .example]\nhosts = 127.0.0.1:%d\n' % s.sink.port)
    ok(until(s.empty), 'until it has a route')
    s.end()


def expiry():
    dead = Sink(BUILD)
    dead.end()
    s = Line('rcpt reply 450 4.2.1 not now\n', routes='''[static *]
hosts = 127.0.0.1:%d
''' % dead.port, conf=FAST.replace('backoff-max = 1s', 'backoff-max = 1h')
        .replace('backoff-min = 1s', 'backoff-min = 1h'))
    s.inject(['x@dead.example'], '-X', 'lifetime=2')
    ok(until(lambda: len(s.events('Expiration')) == 1 and s.empty(), 10),
       'mail expires on time where its site sleeps for an hour',
       s.events())
    same([(n['recipient'], n['status']) for n in notices(s)],
         [('x@dead.example', '5.4.7')], 'its sender is told')
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n' % s.sink.port)
    s.inject(['y@deferring.example'], '-X', 'lifetime=2')
    ok(until(lambda: len(s.events('Expiration')) == 2 and s.empty(), 10),
       'and where it is deferred')
    s.inst.stop(only=['dray-remote'])
    s.inject(['z@other.example'], '-X', 'lifetime=2')
    ok(until(lambda: len(s.events('Expiration')) == 3 and s.empty(), 10),
       'and where there is no dray-remote at all')
    s.end()
    # A second for every few hundred would be 40 s.
    s = Line(routes='[static *]\nhosts = 127.0.0.1:%d\n' % dead.port,
             conf=FAST.replace('[queue]\n', '[queue]\nlifetime = 5s\n')
             .replace('backoff-max = 1s', 'backoff-max = 1h')
             .replace('backoff-min = 1s', 'backoff-min = 1h'))
    load(BUILD, s.base, '-m', 10000, '-l', 200, '-d', 'dead.example', '-s', 50)
    ok(until(lambda: len(s.events('Expiration')) == 10000, 25),
       'ten thousand expire together', len(s.events('Expiration')))
    ok(until(s.empty), 'and are gone')
    s.end()


def closing():
    s = Line(args=['-n', '3'])
    r = load(BUILD, s.base, '-m', 60, '-l', 2000, '-d', 'c.example')
    same(r['sent'], 60, 'sixty for a site that closes after three')
    ok(until(s.empty), 'all have their fate')
    same(len(set(s.arrived())), 60, 'all arrived')
    same(len(s.arrived()), 60, 'none twice')
    s.end()
    s = Line('mail msg 1 every 2 close 421 4.7.0 too many\n'
             'dot every 7 drop\nrcpt every 11 drop\nconnect every 5 drop\n')
    load(BUILD, s.base, '-m', 80, '-l', 2000, '-d', 'c.example')
    ok(until(s.empty, 40), 'a site that breaks off everywhere')
    same(len(set(s.arrived())), 80, 'gets everything in the end')
    s.end()


def sizes():
    body = 'Subject: big\n\n' + '.dots and text\n' * 400000
    wire = body.replace('\n', '\r\n')
    for args in ((), ('-x', 'nochunking')):
        s = Line(args=list(args) + ['-o', top + '/store'])
        s.inject(['x@big.example'], data=body.encode())
        ok(until(lambda: len(s.arrived()) == 1), 'a message of 6 MB')
        got = b''
        for n in glob.glob(top + '/store/new/*.msg'):
            with open(n, 'rb') as f:
                got = f.read()
        ok(got.endswith(wire.split('\r\n\r\n', 1)[1].encode()),
           'its body is the same octet for octet')
        shutil.rmtree(top + '/store')
        ok(until(s.empty), 'and leaves the queue')
        s.end()


def many():
    s = Line('rcpt to u1* reply 550 5.1.1 no\n',
             conf=FAST + 'recipients-per-message = 1\nconnections = 1\n')
    t = time.time()
    load(BUILD, s.base, '-m', 1, '-r', 3000, '-l', 9000, '-d', 'm.example')
    ok(until(s.empty, 40), 'three thousand recipients, a third refused')
    ok(time.time() - t < 20, 'without a stall', time.time() - t)
    same(len(s.arrived()) + len(notices(s)), 3000, 'each has one fate')
    same(sum('header' in n for n in notices(s)),
         len(glob.glob(s.base + '/spool/bounce/new/*')),
         'the header of a message stands once in a file of notices')
    s.end()


def lingering():
    s = Line('rcpt to u7@* reply 450 4.2.1 not yet\n', conf=FAST)
    load(BUILD, s.base, '-m', 40, '-l', 60000, '-s', 40, '-d', 'l.example')
    ok(until(lambda: len(s.arrived()) == 39), 'one of forty lingers')

    def blocks():
        n = 0
        for f in glob.glob(s.base + '/spool/cur/*'):
            try:
                n += os.stat(f).st_blocks * 512
            except FileNotFoundError:
                pass    # it is finished
        return n
    ok(until(lambda: 0 < blocks() < 400000),
       'the space of the others is given back', blocks())
    s.inst.stop(9, ['dray-send', 'dray-remote', 'dray-queued'])
    same(s.inst.fsck(), (0, ''), 'dray-fsck accepts that')
    s.inst.start(['dray-queued', 'dray-send', 'dray-remote'])
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n' % s.sink.port)
    s.sink.p.stdin.write('script\n')
    s.sink.p.stdin.flush()
    s.sink.p.stdout.readline()
    ok(until(s.empty), 'the last one is delivered after a restart')
    same(len(s.arrived()), 40, 'none twice')
    s.end()


def stopping():
    s = Line(args=['-D', '300'])
    s.inject(['x@slow.example'])
    ok(until(lambda: s.sink.stat()['inflight_max'] == 1),
       'a message is sent, its reply is slow')
    t = time.time()
    p = s.inst.procs['dray-send']
    p.send_signal(signal.SIGTERM)
    same(p.wait(), 0, 'dray-send ends by itself')
    s.inst.procs.pop('dray-send')
    ok(time.time() - t < 5, 'before its grace is over', time.time() - t)
    same(s.arrived(), ['x@slow.example'], 'after the reply that was awaited')
    s.inst.stop(only=['dray-remote'])
    s.inst.start(['dray-send', 'dray-remote'])
    ok(until(s.empty), 'its successor finds it done')
    same(s.arrived(), ['x@slow.example'], 'and does not send it again')
    s.end()


def two_workers():
    s = Line(conf=FAST + 'connections = 8\n')
    env = [s.inst.bin + '/dray-remote', '-b', s.base]
    second = subprocess.Popen(env)
    ok(until(lambda: s.inst.stat()['workers'] == 2), 'two dray-remotes')
    s.sink.p.stdin.write('hold\n')
    s.sink.p.stdin.flush()
    s.sink.p.stdout.readline()
    load(BUILD, s.base, '-m', 100, '-l', 2000, '-k', 4, '-d', 'w.example')
    ok(until(lambda: s.sink.stat()['open'] >= 4), 'share the lanes')
    second.kill()
    second.wait()
    ok(until(lambda: s.inst.stat()['workers'] == 1), 'one is killed')
    s.sink.p.stdin.write('go\n')
    s.sink.p.stdin.flush()
    s.sink.p.stdout.readline()
    ok(until(s.empty), 'the other does its work')
    same(len(set(s.arrived())), 100, 'nothing is lost')
    s.end()


def international():
    s = Line(args=['-x', 'nosmtputf8'])
    s.inject(['j\u00f6@b\u00fccher.example', 'u@B\u00dcCHER.example',
              'plain@b\u00fccher.example'],
             data='Subject: gr\u00fc\u00df\n\nx\n'.encode())
    ok(until(lambda: s.empty()), 'addresses and a header that are not ASCII')
    same(sorted(s.arrived()),
         ['plain@xn--bcher-kva.example', 'u@xn--bcher-kva.example'],
         'where SMTPUTF8 is not offered, all that do not need it arrive')
    b = s.events('Bounce')
    same([(e['recipient'], e['response']['enhanced_code']) for e in b],
         [('j\u00f6@xn--bcher-kva.example',
           {'class': 5, 'subject': 6, 'detail': 7})], 'the other one fails')
    s.end()
    s = Line()
    s.inject(['j\u00f6@b\u00fccher.example'], sender='\u00e9@\u4f8b.example')
    ok(until(s.empty), 'where it is offered')
    same([x.encode().decode('unicode_escape').encode('latin-1').decode()
          for x in s.arrived()],
         ['j\u00f6@xn--bcher-kva.example'], 'it arrives')
    s.end()


def refusals():
    s = Line()

    def run(*args, **kw):
        r = subprocess.run([s.inst.bin + '/dray-send'] + list(args),
                           stderr=subprocess.PIPE, **kw)
        return r.returncode, r.stderr.decode()
    rc, err = run('-b', s.base)
    ok(rc == 111 and 'another dray-send' in err, 'two on one spool', (rc, err))
    rc, err = run('-b', s.base + '/nowhere')
    ok(rc == 111 and 'nowhere' in err, 'no such base', (rc, err))
    rc, err = run('-x')
    ok(rc == 100 and 'usage' in err, 'a wrong option', (rc, err))
    other = tempfile.mkdtemp(dir=top)
    shutil.copytree(s.base + '/spool', other + '/spool',
                    ignore=lambda d, names: ['trigger', 'gauge'])
    rc, err = run('-b', other)
    ok(rc == 100 and 'policy' in err, 'no policy', (rc, err))
    for path in ('control', 'send'):
        c = socket.socket(socket.AF_UNIX)
        here = os.getcwd()
        os.chdir(s.base + '/sock')
        c.connect(path)
        os.chdir(here)
        c.settimeout(10)
        c.sendall(struct.pack('>IH', 0x7fffffff, 9) + b'junk' * 10)
        try:
            got = c.recv(10)
        except ConnectionResetError:
            got = b''
        same(got, b'', 'a malformed frame on %s ends that connection' % path)
    s.inject(['x@after.example'])
    ok(until(s.empty), 'and nothing else')
    s.end()


run((fates, asleep, no_route, expiry, closing, sizes, many, lingering, stopping,
     two_workers, international, refusals), sys.argv[1:])
done()
