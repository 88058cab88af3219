#!/usr/bin/python3
# Connections are few: those that have nothing to do make place for others, at
# once, and what must not wait has its place first.
import os
import resource
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from line import FAST, Line, run
from tap import done, ok, same, until

PLACES = 16     # of which bulk has 14
RESERVE = 32    # what dray-remote keeps of its descriptors: worker.c
LONG = FAST + 'idle-timeout = 1h\n'


def few():
    n = 2 * (PLACES + RESERVE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))


class Few(Line):
    """An instance whose dray-remote has few places for connections."""

    def __init__(self, script='', conf=LONG):
        super().__init__(script, conf=conf)
        self.inst.stop(only=['dray-remote'])
        self.inst.users = {'dray-remote': {'preexec_fn': few}}
        self.inst.start(['dray-remote'])

    def lanes(self, name=''):
        return sum(d['lanes'] for d in self.inst.stat()['destinations']
                   if d['name'].startswith(name))

    def mail(self, stream, name, n):
        """One message to n sites: dray-remote has no room for many bundles."""
        self.inject(['%s@%s%d.example' % (name, name, i) for i in range(n)],
                    sender=name + '@sender.example', data=b'X-Dray-Stream: %s\nSubject: x\n\nhello\n' %
                    stream.encode())


def many():
    """Each message opens a connection, and none would close."""
    s = Few()
    s.mail('bulk', 'bulk', 200)
    ok(until(s.empty), 'mail to many sites, of which few have a connection',
       s.inst.stat()['recipients'])
    same(len(set(s.arrived())), 200, 'each arrived')
    most = s.sink.stat()['open_max']
    ok(most <= PLACES - PLACES // 8, 'on no more connections than there are '
       'places for bulk', most)
    s.mail('transactional', 'code', 40)
    ok(until(s.empty), 'what must not wait does not either')
    s.mail('bulk', 'late', 3)
    ok(until(s.empty), 'nor what comes later')
    same(len(s.arrived()), 243, 'each arrived once')
    s.end()


def urgent():
    """Bulk has all of its places, and its server says nothing."""
    s = Few('dot from bulk@* stall\n')
    s.mail('bulk', 'bulk', 30)
    ok(until(lambda: s.lanes() == 14), 'bulk has its places', s.lanes())
    s.mail('transactional', 'code', 40)
    ok(until(lambda: len(s.arrived()) == 40),
       'what is kept for urgent mail serves many sites', len(s.arrived()))
    same(s.lanes('bulk'), 14, 'and bulk has what it had')
    s.sink.ask('script')
    s.inst.stop(9, ['dray-remote'])
    s.inst.start(['dray-remote'])
    ok(until(s.empty), 'it recovers: all is delivered')
    s.end()


def shared(routes, limits, what):
    """Connections are counted over several groups."""
    s = Line(conf=LONG + limits)
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n%s' % (
        s.sink.port, routes))
    ok(until(lambda: s.inst.stat()['policy'] == 2), 'a policy')
    s.inject(['x@d%d.example' % i for i in range(60)])
    ok(until(s.empty), 'many sites under %s' % what,
       s.inst.stat()['recipients'])
    same(len(s.arrived()), 60, 'each arrived once')
    ok(s.sink.stat()['open_max'] <= 3, 'never more than that',
       s.sink.stat()['open_max'])
    s.end()


def totals():
    shared('[route one]\nsources = 127.0.0.2\nstreams = *\n'
           'total-connections = 3\n', '', 'a total of connections')
    shared('', 'address-connections = 3\n', 'a limit of an address')


run([many, urgent, totals], sys.argv[1:])
done()
