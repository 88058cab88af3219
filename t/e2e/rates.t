#!/usr/bin/python3
# Limits of rate, by the clock of the sink: an upper bound, however slow the
# machine is.  What arrives late arrives no closer to what comes next, because
# one connection has one message at a time.
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import ledger_rows, load
from line import BUILD, FAST, Line, run
from tap import done, ok, same, until

ONE = 'connections = 1\ndepth = 1\n'


class Paced(Line):
    def load(self, n, *options, domain='a.example', size=300):
        load(BUILD, self.base, '-m', n, '-l', size, '-s', 1, '-d', domain,
             *options)

    def came(self):
        """Time, session and size of what has arrived."""
        return [(float(x[0]), x[1], int(x[5])) for x in ledger_rows(self.ledger)]

    def policy(self, conf):
        before = self.inst.stat()['policy']
        self.inst.conf(FAST + conf)
        if not until(lambda: self.inst.stat()['policy'] != before):
            raise SystemExit('no new policy')


def most(rows, period, what=lambda row: 1):
    """The most in any window of that length."""
    first, sum_, best = 0, 0, 0
    for row in rows:
        sum_ += what(row)
        while rows[first][0] <= row[0] - period:
            sum_ -= what(rows[first])
            first += 1
        best = max(best, sum_)
    return best


def messages():
    s = Paced(conf=FAST + ONE + 'message-rate = 10/2s\nmessage-burst = 2\n')
    s.load(30)
    ok(until(s.empty), 'ten in two seconds: thirty messages arrive')
    n = most(s.came(), 2)
    ok(n <= 12, 'never more than that and the burst', n)
    s.load(4)
    s.load(10, '-S', 'transactional')
    ok(until(s.empty), 'and so do more, of two streams')
    n = most(s.came(), 2)
    ok(n <= 12, 'together not more than that', n)
    s.end()


def live():
    s = Paced(conf=FAST + ONE + 'message-rate = 1/h\n')
    s.load(10)
    ok(until(lambda: len(s.came()) == 1), 'one an hour: one of the burst goes')
    s.load(3, '-S', 'transactional')
    ok(until(lambda: len(s.came()) == 2), 'what is kept of it is for the most '
       'urgent')
    time.sleep(1)
    same(len(s.came()), 2, 'and no more')
    s.policy(ONE)
    ok(until(s.empty), 'the limit is lifted, and the rest goes too')
    s.policy(ONE + 'message-rate = 1/h\nmessage-burst = 1\n')
    s.load(10)
    ok(until(lambda: len(s.came()) == 14), 'it is back: one message')
    time.sleep(1)
    same(len(s.came()), 14, 'and no more')
    s.policy(ONE + 'message-rate = 1000000/s\n')
    ok(until(s.empty), 'a high one: the rest goes')
    s.end()


def octets():
    s = Paced(conf=FAST + ONE + 'byte-rate = 20K/s\n')
    s.load(12, size=10000)
    ok(until(s.empty), '20 KB a second: twelve messages of 10 KB arrive')
    n = most(s.came(), 2, lambda row: row[2])
    ok(n <= 4 * 10240 + 2 * 10240 + 1024, 'never more than that, and a message',
       n)
    s.end()


def connections():
    s = Paced(conf=FAST + ONE + 'messages-per-connection = 1\n'
              'connection-rate = 10/2s\n')
    s.load(30)
    ok(until(s.empty), 'ten connections in two seconds, for one message each')
    rows = s.came()
    same(len({x[1] for x in rows}), 30, 'thirty connections')
    n = most(rows, 2)
    ok(n <= 12, 'never more than that and the burst', n)
    s.end()


def provider():
    s = Paced(conf=FAST + ONE, providers='[provider big]\nconnections = 3\n'
              'mx = mx.big.example\nmessage-rate = 10/2s\n')
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d\nprovider = big\n'
                  '[static other.example]\nhosts = 127.0.0.1:%d\n' %
                  (s.sink.port, s.sink.port))
    ok(until(lambda: s.inst.stat()['policy'] == 2), 'domains of one provider')
    s.load(30, '-k', 3, domain='big.example')
    s.load(50, domain='other.example')
    ok(until(s.empty), 'all of it arrives')
    with open(s.ledger) as f:
        rows = [x.split() for x in f]
    rows = [(float(x[0]),) for x in rows if x[4].endswith('.big.example')]
    same(len(rows), 30, 'thirty messages were theirs')
    n = most(rows, 2)
    ok(n <= 12 + 2, 'they share its limit', n)
    s.end()


run([messages, live, octets, connections, provider], sys.argv[1:])
done()
