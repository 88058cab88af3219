#!/usr/bin/python3
# The whole line with a real resolver and a real authoritative server: mail to
# many domains arrives while other domains' servers are silent or lie and
# dray-dns is killed; what the DNS refuses fails, what it does not know waits.
import os
import signal
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from baddns import BAD, BadDns
from dns import *
from instance import (DAEMONS, QUICK, ROOM, Instance, Sink, ledger_rows,
                      load)

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
N = 400
ZONE = ''.join('d%d MX 10 mx.d%d\nmx.d%d A 127.0.0.1\n' % (i, i, i)
               for i in range(N)) + '''
null        MX 0 .
noaddr      MX 10 null
nothing     TXT x
'''
bad = BadDns()
nsd = Nsd({'bulk.test': ZONE})
base = scratch()
sink = Sink(BUILD, ['-c', base + '/ledger'])
open(base + '/ledger', 'a').close()
inst = Instance(BUILD, base, 0, ROOM + '''[dns]
stub = bulk.test 127.0.0.1@%d %s
dnssec = no
timeout = 3s
''' % (nsd.port, ' '.join('%s.test 127.0.0.1@%d' % (z, bad.port)
                          for z in BAD)) + QUICK + '''port = %d
private-addresses = yes
''' % sink.port, '[static unused.example]\nhosts = mx\n')


def arrived():
    return [x[4] for x in ledger_rows(base + '/ledger')]


reasons = set()


def asleep():
    """Destinations that were seen to sleep, with a reason."""
    reasons.update(d['name'] for d in inst.stat()['destinations']
                   if d.get('reason') and d['recipients'])
    return reasons


def kinds(kind):
    return {e['recipient'] for e in inst.events(kind)}


try:
    inst.start(['dray-dns'] + DAEMONS)
    refused = ['u@%s.bulk.test' % x for x in ('null', 'nothing', 'nx')]
    unknown = ['u@d.%s.test' % z for z in BAD] + ['u@noaddr.bulk.test']
    inst.inject(unknown)
    inst.inject(refused)
    res = load(BUILD, base, '-m', N, '-l', 500, '-k', N, '-s', 20,
               '-d', 'bulk.test')
    same(res.get('ok', N), N, 'all of it is queued')
    # Killed in the middle, and started again as s6 would.
    for _ in range(3):
        inst.stop(signal.SIGKILL, ['dray-dns'])
        time.sleep(0.2)
        inst.start(['dray-dns'])
        time.sleep(0.2)
    ok(until(lambda: len(set(arrived())) >= N, 60), 'all that can arrive does',
       len(set(arrived())))
    same(len(arrived()), N, 'and once')
    ok(until(lambda: kinds('Bounce') >= set(refused), 20),
       'what the DNS refuses fails', kinds('Bounce'))
    want = {x.split('@')[1] for x in unknown}
    ok(until(lambda: asleep() >= want, 30), 'what it does not know waits',
       want - reasons)
    same(kinds('Bounce') & set(unknown), set(), 'and does not fail')
finally:
    inst.stop()
    inst.stop(only=['dray-dns'])
    sink.end()
done()
