#!/usr/bin/python3
# dray-ctl and dray-send: what is paused, resumed, flushed, expired, removed,
# while mail flows and while dray-send is killed.
import glob
import json
import os
import subprocess
import sys
import threading
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import line
from instance import ROOM, Sink, ledger_rows, load
from line import BUILD, FAST, run
from tap import done, ok, same, until


class Line(line.Line):
    def inject(self, to, *options, **kw):
        return super().inject(to.split(), *options, **kw)

    def queued(self):
        return [json.loads(x) for x in
                self.tool('dray-stat', '-lj').splitlines()]

    def overrides(self):
        return sorted(os.listdir(self.base + '/overrides'))


def counts(a):
    return a['messages'], a['recipients'], a['in_flight']


def selectors():
    s = Line()
    # the selector; what it selects; what it does not
    cases = [
        (['--destination', 'A.example'], ['x1@a.example'], ['y1@b.example',
                                                            'y1@c.a.example']),
        (['--destination', '.a.example'], ['x2@b.a.example'],
         ['y2@a.example', 'y2@ba.example']),
        (['--tenant', 't1'], ['x3@a.example', '-X', 'tenant=t1'],
         ['y3@a.example', '-X', 'tenant=t2']),
        (['--campaign', 'c1'], ['x4@a.example', '-X', 'campaign=c1'],
         ['y4@a.example']),
        (['--campaign', ''], ['x5@a.example'],
         ['y5@a.example', '-X', 'campaign=c1']),
        (['--stream', 'bulk'], ['x6@a.example', '-X', 'stream=bulk'],
         ['y6@a.example', '-X', 'stream=regular']),
        (['--route', 'r1'], ['x7@a.example', '-X', 'route=r1'],
         ['y7@a.example']),
        (['--campaign', 'c1', '--destination', 'a.example'],
         ['x8@a.example', '-X', 'campaign=c1'],
         ['y8@b.example', '-X', 'campaign=c1']),
    ]
    for args, held, free in cases:
        s.ctl('pause', *args)
        s.inject(*held)
        if free[1:] and free[1][0] != '-':
            free = [' '.join(free)]
        s.inject(*free)
        ok(until(lambda: set(free[0].split()) <= set(s.arrived())),
           '%s: other mail arrives' % ' '.join(args), s.arrived())
        ok(held[0] not in s.arrived(), 'what is paused does not')
        ok(until(lambda: [(m['rcpt'], m['held']) for m in s.queued()] ==
                 [([held[0]], 1)]), 'it is listed as held', s.queued())
        a = s.ctl('resume', *args)
        same((counts(a), len(a['overrides'])), ((1, 1, 0), 1),
             'it is resumed')
        ok(until(s.empty), 'and arrives')
    for want, sender, other in (
            ('a@Sender.example', 'a@sender.example', 'A@sender.example'),
            ('@sender.example', 'x@sender.example', 'x@a.sender.example'),
            ('<>', '', 'y@sender.example')):
        s.ctl('pause', '--sender', want)
        s.inject('held@a.example', sender=sender)
        s.inject('free@a.example', sender=other)
        ok(until(lambda: s.arrived().count('free@a.example')),
           'sender %s: others send' % want)
        ok('held@a.example' not in s.arrived(), 'it does not')
        same(counts(s.ctl('resume', '--sender', want)), (1, 1, 0), 'resumed')
        ok(until(s.empty), 'and it does')
        with open(s.ledger, 'r+') as f:
            f.truncate()
    s.end()


def ids():
    s = Line()
    s.ctl('pause', '--all')
    one = s.inject('one@a.example one@b.example')
    two = s.inject('two@a.example')
    same(len(s.ctl('pause', '--id', one, '--reason', 'this one')['overrides']),
         1, 'a message is paused')
    a = s.ctl('resume', '--destination', '*')
    same(counts(a), (1, 1, 0), 'the other one is free')
    ok(until(lambda: s.arrived() == ['two@a.example']), 'and arrives')
    same([o['reason'] for o in s.inst.stat()['overrides']], ['this one'],
         'the statistics say why')
    same(counts(s.ctl('remove', '--id', two)), (0, 0, 0),
         'what was delivered cannot be removed')
    bundle = one.rsplit('-', 1)[0]
    same(counts(s.ctl('remove', '--bundle', bundle, '--destination',
                      'b.example', '-n')), (1, 1, 0), 'a dry run counts')
    same(counts(s.ctl('remove', '--bundle', bundle, '--destination',
                      'b.example', '--reason', 'no b')), (1, 1, 0),
         'one of two recipients is removed')
    ok(until(lambda: s.events('AdminBounce')), 'that is logged')
    e = s.events('AdminBounce')
    same([(x['id'], x['recipient'], x['response']['content']) for x in e],
         [(one, 'one@b.example', 'removed by the operator: no b')],
         'with an event')
    same(counts(s.ctl('resume', '--override', s.overrides()[0], '-n')),
         (1, 1, 0), 'a dry run tells what its override holds')
    s.inject('x@a.example')
    s.ctl('resume', '--override', s.overrides()[0])
    ok(until(s.empty), 'the other one is resumed by the id of its override')
    same(sorted(s.arrived()), ['one@a.example', 'two@a.example',
                               'x@a.example'], 'and arrives')
    same(glob.glob(s.base + '/spool/bounce/new/*'), [], 'nobody is told')
    s.end()


def flow():
    """A pause while mail of two senders flows to one site."""
    for args in (['--sender', '@x.example'], ['--destination', 'x.test']):
        s = Line(args=['-D', '20'], conf=FAST + 'connections = 4\n')
        n = 1500
        loads = [threading.Thread(target=load, args=(
            BUILD, s.base, '-m', n, '-l', 500, '-s', 10, '-f', 'a@' + w +
            '.example', '-d', (w if args[0] == '--destination' else 'all') +
            '.test', '-t', w)) for w in 'xy']
        for t in loads:
            t.start()

        def senders(w):
            return sum('@%s.example' % w in x[3]
                       for x in ledger_rows(s.ledger))
        ok(until(lambda: senders('x') > 100), 'mail flows')
        begin = time.time()
        a = s.ctl('pause', *args)
        took = time.time() - begin
        at = senders('x')
        ok(took < 1, 'a pause is in force within a second', took)
        for t in loads:
            t.join()
        ok(until(lambda: senders('y') == n, 60), 'the other mail arrives',
           senders('y'))
        ok(senders('x') <= at + a['in_flight'],
           'of what is paused only what was in flight',
           (at, a, senders('x')))
        ok(until(lambda: s.inst.stat()['in_flight'] == 0),
           'nothing of it is in flight')
        left = n - senders('x')
        same(counts(s.ctl('remove', *args, '-n')), (left, left, 0),
             'all the rest waits')
        a = s.ctl('resume', *args)
        same(a['recipients'], left, 'and is resumed')
        ok(until(lambda: senders('x') == n, 60), 'and arrives', senders('x'))
        same(len(s.arrived()), 2 * n, 'nothing twice')
        s.end()


def order():
    """What was held goes before what came later of the same campaign."""
    s = Line(conf=FAST + 'connections = 1\ndepth = 1\n')
    s.ctl('pause', '--sender', 'h@sender.example')
    for i in range(5):
        s.inject('h%d@o.example' % i, '-X', 'stream=bulk',
                 sender='h@sender.example')
    s.inject('f@o.example', '-X', 'stream=bulk')
    ok(until(lambda: s.arrived() == ['f@o.example']), 'five are held')
    s.sink.ask('hold')
    s.inject('g@o.example', '-X', 'stream=bulk')
    ok(until(lambda: s.inst.stat()['in_flight'] == 1), 'the lane is busy')
    for i in range(3):
        s.inject('late%d@o.example' % i, '-X', 'stream=bulk')
    ok(until(lambda: s.inst.stat()['messages'] >= 9), 'three come later')
    s.ctl('resume', '--sender', 'h@sender.example')
    s.sink.ask('go')
    ok(until(s.empty), 'all arrive')
    same([x for x in s.arrived() if x[0] == 'h'],
         ['h%d@o.example' % i for i in range(5)], 'in order')
    ok(s.arrived().index('h4@o.example') <
       s.arrived().index('late2@o.example'), 'before what came later',
       s.arrived())
    s.end()


def large():
    """One message to many, paused in the middle of it."""
    s = Line(args=['-D', '20'], conf=FAST +
             'recipients-per-message = 10\nconnections = 2\n')
    s.inject(' '.join('u%d@l.example' % i for i in range(2000)), '-X',
             'campaign=c')
    ok(until(lambda: len(s.arrived()) > 200), 'some of 2000 arrived')
    a = s.ctl('pause', '--campaign', 'c')
    at = len(s.arrived())
    ok(until(lambda: s.inst.stat()['in_flight'] == 0), 'a pause stops it')
    ok(len(s.arrived()) <= at + a['in_flight'], 'at once')
    left = 2000 - len(s.arrived())
    same(counts(s.ctl('remove', '--campaign', 'c', '-n')), (1, left, 0),
         'the rest of its recipients waits')
    s.ctl('resume', '--campaign', 'c')
    ok(until(lambda: len(s.arrived()) > 1000), 'it goes on')
    a = s.ctl('remove', '--campaign', 'c')
    ok(until(s.empty), 'the rest is removed')
    gone = [e['recipient'] for e in s.events('AdminBounce')]
    same(len(gone) + len(s.arrived()), 2000, 'each has one fate')
    same(len(set(gone) | set(s.arrived())), 2000, 'and only one')
    ok(a['recipients'] <= len(gone) <= a['recipients'] + a['in_flight'],
       'as many as was said', (a, len(gone)))
    s.end()


def deferred():
    s = Line('rcpt reply 450 4.2.1 not now\n',
             conf=ROOM + '[retry]\nschedule = 1h\nthen = 1h\n')
    for i in range(20):
        s.inject('u%d@d.example' % i, '-X', 'campaign=c%d' % (i % 2))
    ok(until(lambda: sum(d['deferred'] for d in
                         s.inst.stat()['destinations']) == 20),
       'twenty are deferred for an hour')
    ok(until(lambda: len(s.events('TransientFailure')) == 20), 'and logged')
    same(counts(s.ctl('flush', '--campaign', 'c1', '-n')), (10, 10, 0),
         'half of them could be flushed')
    same(counts(s.ctl('flush', '--campaign', 'c1')), (10, 10, 0),
         'and is')
    ok(until(lambda: len(s.events('TransientFailure')) == 30),
       'which is tried at once, and deferred again')
    same(counts(s.ctl('remove', '--campaign', 'c1')), (10, 10, 0),
         'they are removed')
    same(counts(s.ctl('expire', '--campaign', 'c0', '--reason', 'late')),
         (10, 10, 0), 'the others are given up')
    ok(until(s.empty), 'nothing is left')
    same(sorted({e['response']['content'] for e in s.events('Expiration')}),
         ['given up by the operator: late'], 'for this reason')
    notices = []
    for n in glob.glob(s.base + '/spool/bounce/*/*'):
        with open(n) as f:
            notices += [json.loads(x)['recipient'] for x in f
                        if x[:1] == '{']
    ok(len(notices) == 10, 'whose senders are told', notices)
    s.end()


def asleep():
    dead = Sink(BUILD)
    dead.end()
    s = Line(conf=ROOM + '[limits]\nbackoff-min = 1h\n',
             routes='[static *]\nhosts = 127.0.0.1:%d\n' % dead.port)
    for i in range(6):
        s.inject('u%d@z%d.example' % (i, i % 2))
    ok(until(lambda: len(s.events('Delayed')) == 2), 'two sites sleep')
    same(counts(s.ctl('flush', '--destination', 'z1.example')), (3, 3, 0),
         'one is woken')
    ok(until(lambda: len(s.events('Delayed')) == 3), 'and tried at once')
    same(counts(s.ctl('remove', '--destination', 'z1.example')), (3, 3, 0),
         'its mail is removed while it sleeps')
    ok(until(lambda: s.inst.stat()['messages'] == 3), 'and is gone')
    ok(until(lambda: [d['recipients'] for d in s.inst.stat()['destinations']
                      if d['name'] == 'z1.example'] in ([], [0])),
       'also from the statistics', s.inst.stat()['destinations'])
    a = s.ctl('remove', '--all')
    same(counts(a), (3, 3, 0), 'all is removed')
    ok(until(s.empty), 'nothing is left')
    s.end()


def many_senders():
    """More senders than are kept in memory: the bundles are looked into."""
    n = 67000
    want = [0] * 100
    for i in range(n):
        want[i * 2654435761 // 65536 % 100] += 1
    s = Line(conf=FAST + 'connections = 2\n')
    s.ctl('pause', '--all')
    load(BUILD, s.base, '-m', n, '-l', 100, '-s', 300, '-C', 100, '-V')
    ok(until(lambda: s.inst.stat()['recipients'] == n), 'many senders')
    same(counts(s.ctl('pause', '--campaign', 'c99')), (want[99], want[99], 0),
         'a campaign is counted')
    same(counts(s.ctl('pause', '--sender', 'bounce+66999@sender.test')),
         (1, 1, 0), 'so is one of them')
    same(counts(s.ctl('remove', '--sender', 'bounce+66998@sender.test')),
         (1, 1, 0), 'or removed')
    gone = sum(s.ctl('remove', '--campaign', 'c%d' % c)['recipients']
               for c in range(0, 99, 2))
    ok(abs(gone - sum(want[0:99:2])) <= 1, 'half of the campaigns are removed',
       (gone, sum(want[0:99:2])))
    a = s.ctl('resume', '--destination', '*')
    left = n - 1 - gone - want[99]
    ok(left - 1 <= a['recipients'] <= left + 1, 'the rest is resumed',
       (a, left))
    ok(until(lambda: left - 1 <= len(s.arrived()) <= left + 1, 60),
       'and arrives', len(s.arrived()))
    until(lambda: s.inst.stat()['in_flight'] == 0)
    same(s.inst.stat()['recipients'], n - 1 - gone - len(s.arrived()),
         'what is paused does not')
    s.ctl('remove', '--all')
    ok(until(s.empty), 'it is removed')
    s.end()


def lifetime():
    s = Line()
    s.ctl('pause', '--campaign', 'c')
    s.ctl('pause', '--destination', 'q.example')
    s.inject('x@p.example', '-X', 'campaign=c', '-X', 'lifetime=2')
    s.inject('y@q.example', '-X', 'lifetime=2')
    ok(until(lambda: len(s.events('Expiration')) == 2, 10),
       'what is held expires on time', s.events())
    ok(until(s.empty), 'and is gone')
    same(s.arrived(), [], 'undelivered')
    s.end()


def files():
    s = Line()
    where = s.base + '/overrides/'
    a = s.ctl('pause', '--campaign', 'c', '--for', '2s')
    s.inject('x@p.example', '-X', 'campaign=c')
    time.sleep(0.3)
    same(s.arrived(), [], 'paused for two seconds')
    ok(until(lambda: s.arrived(), 5), 'then it arrives')
    ok(until(lambda: s.overrides() == [], 5), 'and its file is gone')
    until(lambda: len(s.events('Override')) >= 2)
    same([(e['override'], e['state']) for e in s.events('Override')],
         [(a['overrides'][0], 'begin'), (a['overrides'][0], 'expired')],
         'events tell that')

    def put(name, text):
        with open(where + '.' + name, 'w') as f:
            f.write(text)
        os.rename(where + '.' + name, where + name)
    os.mkdir(where + 'directory')
    os.symlink('mine', where + 'link')
    put('mine', 'action = pause\ncampaign = c\n')
    put('broken', 'action = pause\ncampagn = c\n')
    put('empty', '')
    put('odd name', 'action = pause\ndestination = *\n')
    ok(until(lambda: s.inst.stat()['overrides_in_force'] == 1 and
             s.inst.stat()['overrides_malformed'] == 5),
       'a file is in force as it comes; malformed ones are not', s.inst.stat())
    s.inject('y@p.example', '-X', 'campaign=c')
    s.inject('z@p.example')
    ok(until(lambda: 'z@p.example' in s.arrived()), 'they hold nothing')
    ok('y@p.example' not in s.arrived(), 'it does')
    put('mine', 'action = pause\ncampaign = c\nnonsense\n')
    s.inst.procs['dray-send'].poll()
    ok(until(lambda: s.inst.stat()['overrides_in_force'] == 1), 'damaged')
    s.inject('z2@p.example')
    ok(until(lambda: 'z2@p.example' in s.arrived()), 'time passes')
    ok('y@p.example' not in s.arrived(), 'it goes on to hold')
    listed = s.tool('dray-ctl', 'list')
    ok('mine: not in force: a line that is not key = value' in listed and
       'broken: not in force: an unknown key' in listed,
       'dray-ctl lists the mistakes', listed)
    s.inst.stop(9, ['dray-send', 'dray-remote'])
    put('mine', 'action = pause\ncampaign = c\n')
    s.inst.start(['dray-send', 'dray-remote'])
    s.inject('z3@p.example')
    ok(until(lambda: 'z3@p.example' in s.arrived()), 'after a restart')
    ok('y@p.example' not in s.arrived(), 'it holds too')
    os.unlink(where + 'mine')
    ok(until(lambda: 'y@p.example' in s.arrived()),
       'until its file is removed')
    s.inst.stop(9, ['dray-send', 'dray-remote'])
    a = s.ctl('pause', '--tenant', 't')
    ok('messages' not in a, 'a pause while dray-send is down')
    s.inst.start(['dray-send', 'dray-remote'])
    s.inject('v@p.example', '-X', 'tenant=t')
    s.inject('w@p.example')
    ok(until(lambda: 'w@p.example' in s.arrived()), 'holds when it starts')
    ok('v@p.example' not in s.arrived(), 'what it names')
    s.ctl('resume', '--all')
    ok(until(s.empty), 'and can be ended')
    os.rmdir(where + 'directory')
    s.end()


def crash():
    """A removal with kills of dray-send: each recipient is either in the queue
    or done, with an event."""
    n = 15000
    s = Line(conf=FAST)
    s.ctl('pause', '--all')
    for c in 'kg':
        load(BUILD, s.base, '-m', n, '-l', 300, '-s', 200, '-k', 20, '-f',
             '%s@s.example' % c, '-t', c, '-d', c + '.test')
    for _ in range(4):
        p = subprocess.Popen([s.inst.bin + '/dray-ctl', 'remove', '--sender',
                              'k@s.example', '-b', s.base],
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        until(lambda: s.inst.stat()['removed'] > 500)
        s.inst.stop(9, ['dray-send'])
        ok(p.wait() in (0, 111), 'dray-send is killed in the middle')
        s.inst.stop(9, ['dray-remote'])
        s.inst.start(['dray-send', 'dray-remote'])
        until(lambda: not s.inst.stat()['loading'])
        gone = {e['recipient'] for e in s.events('AdminBounce')}
        left = [r for m in s.queued() for r in m['rcpt']
                if m['sender'] == 'k@s.example']
        same(len(gone | set(left)), n, 'none has neither fate')
        print('# %d removed, %d queued, %d both' % (
            len(gone), len(left), len(gone & set(left))))
    a = s.ctl('remove', '--sender', 'k@s.example')
    same(a['in_flight'], 0, 'the rest is removed')
    ok(until(lambda: len({e['recipient'] for e in s.events('AdminBounce')})
             == n), 'all have their event')
    s.ctl('resume', '--all')
    ok(until(s.empty, 60), 'the queue becomes empty')
    same(sum(x.endswith('.g.test') for x in set(s.arrived())), n,
         'all other mail arrived')
    same(sum(x.endswith('.k.test') for x in s.arrived()), 0,
         'nothing that was removed')
    s.end()


run((selectors, ids, flow, order, large, deferred, asleep, lifetime, files, crash,
     many_senders), sys.argv[1:])
done()
