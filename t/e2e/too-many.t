#!/usr/bin/python3
# More recipients than a server takes at a time: the rest goes at once in
# further transactions, whether the server has said so in advance or not.
import os
import shutil
import sys
import tempfile
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import instance
from instance import Instance, Sink
from tap import done, ok, same, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
# What is deferred does not come back in this test.
CONF = instance.ROOM + '[retry]\nschedule = 1h\n[limits]\nconnections = 1\n'


def run(name, rcpts, sink=(), script=None, more='', messages=1):
    """What the sink and dray-send have counted when nothing goes on any more."""
    base = tempfile.mkdtemp(prefix='dray test.')
    args = list(sink)
    if script:
        with open(base + '/script', 'w') as f:
            f.write(script)
        args += ['-s', base + '/script']
    sink = Sink(BUILD, args)
    inst = Instance(BUILD, base, sink.port, CONF + more)
    try:
        # All is queued before the first connection.
        inst.start(['dray-log', 'dray-queued'])
        for i in range(messages):
            inst.inject(['r%d@x.example' % i for i in range(rcpts)])
        inst.start(['dray-send', 'dray-remote'])
        ok(until(lambda: (s := inst.stat())['in_flight'] == 0 and
                 (s['delivered'] or s['deferred'] or s['bounced'])),
           name + ': comes to an end')
        return sink.stat(), inst.stat()
    finally:
        inst.stop()
        sink.end()
        shutil.rmtree(base)


def outcome(s):
    return s['delivered'], s['deferred'], s['bounced']


k, s = run('452', 95, ['-x', 'rcptmax=10'])
same((k['recipients'], outcome(s)), (95, (95, 0, 0)),
     '452 4.5.3 for all but ten: all are delivered at once')
same((k['messages'], k['connections']), (10, 1), 'in ten transactions')

k, s = run('LIMITS', 95, ['-x', 'rcptmax=10,limits'])
same((k['recipients'], outcome(s), k['messages']), (95, (95, 0, 0), 10),
     'RCPTMAX=10: the same')

k, s = run('LIMITS', 30, ['-x', 'rcptmax=10,limits'], messages=3)
same((k['recipients'], outcome(s), k['messages'], k['errors']),
     (90, (90, 0, 0), 9, 0), 'RCPTMAX=10, three messages')

for code in ('552 5.5.3 too many', '452 too many'):
    k, s = run(code, 40, script='rcpt r3@x.example reply 550 5.1.1 no\n'
               'rcpt r1?@x.example times 1-10 reply %s\n'
               'rcpt r2?@x.example times 1-10 reply %s\n' % (code, code))
    same((k['recipients'], outcome(s)), (39, (39, 0, 1)), code)

# The mailbox is full: that is no matter of the transaction.
k, s = run('4.2.2', 10, script='rcpt r3@x.example reply 452 4.2.2 full\n')
same((k['recipients'], outcome(s)), (9, (9, 1, 0)),
     '452 4.2.2 for one is deferred')

# Nobody is taken: there would be no end to it.
k, s = run('none', 10, script='rcpt reply 452 4.5.3 too many\n')
same((k['recipients'], outcome(s)), (0, (0, 10, 0)),
     '452 4.5.3 for all is deferred')

# The message is refused: those that were left over wait with it.
k, s = run('dot', 20, ['-x', 'rcptmax=10'],
           script='dot reply 451 4.3.0 later\n')
same((k['recipients'], outcome(s)), (0, (0, 20, 0)),
     'a message that is refused for the first ten')

k, s = run('MAILMAX', 1, ['-x', 'mailmax=2,limits'], messages=7)
same((outcome(s), k['messages'], k['connections'], k['errors']),
     ((7, 0, 0), 7, 4, 0), 'MAILMAX=2: two messages a connection')

done()
