#!/usr/bin/python3
# One day follows the other: what a day limits, and plans of warm-up, with a clock
# that is set while dray-send runs.
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import clock
from line import FAST, Line, run
from tap import done, same, skip_all, until

DAY = 86400
if clock.SANITIZED:
    skip_all('the sanitizers have to be loaded first')


class Days(Line):
    def __init__(self, limits='', routes=''):
        super().__init__('', conf=FAST + limits)
        self.inst.stop(only=['dray-send', 'dray-remote'])
        self.inst.users['dray-send'] = {
            'env': clock.env(CLOCK_FILE=self.base + '/clock')}
        self.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n%s' %
                         (self.sink.port, routes))
        self.set(0)
        self.inst.start(['dray-send', 'dray-remote'])

    def set(self, n):
        """It is so many seconds later than it is.  No connection lives for so
        long, so that there must be none."""
        until(lambda: not os.path.exists(self.base + '/clock') or
              self.inst.stat()['lanes'] == 0)
        with open(self.base + '/clock.new', 'w') as f:
            f.write('%d\n' % n)
        os.rename(self.base + '/clock.new', self.base + '/clock')
        # libev looks at it twice a second, if anything happens.
        if 'dray-send' in self.inst.procs:
            until(lambda: not self.inst.stat(), 1)

    def size(self):
        return os.path.getsize(self.base + '/spool/daily')


def rest():
    return int(DAY - time.time() % DAY)


def limit():
    s = Days('daily-messages = 5\nidle-timeout = 1s\n')
    s.mail(8)
    s.just(5, 'five on the first day')
    s.set(DAY)
    s.mail(1)
    s.just(9, 'the others on the second')
    s.mail(2)
    s.just(10, 'which has five, too')
    s.restart()
    same(s.size(), 2 * 32, 'the file has nothing of the first')
    s.restart(9)
    s.just(10, 'what waits still waits after two starts')
    s.set(2 * DAY)
    s.restart()
    s.just(11, 'a start on the third day has its own count')
    s.end()


def midnight():
    """A clock that is set back over midnight gives no day twice."""
    s = Days('daily-messages = 5\nidle-timeout = 1s\n')
    s.mail(5)
    s.just(5, 'before midnight')
    s.set(rest() + 20)
    s.mail(6)
    s.just(10, 'after it')
    s.set(rest() - 20)
    s.mail(1)
    s.just(10, 'before it again')
    s.restart(9)
    s.just(10, 'and after a kill')
    s.set(rest() + 20 + DAY)
    s.mail(1)
    s.just(13, 'the next day')
    s.end()


def plan():
    start = time.strftime('%Y-%m-%d', time.gmtime())
    s = Days('idle-timeout = 1s\n',
             '[route new]\nsources = 127.0.0.2\nstreams = *\n'
             '[warmup w]\nroute = new\ntable = 1000000000 0 1000000000\n'
             'start = %s\n' % start)
    s.mail(3)
    s.just(3, 'the first day of a plan')
    s.set(DAY)
    s.mail(3)
    s.just(3, 'the second, which has none')
    s.set(2 * DAY)
    s.mail(1)
    s.just(7, 'the third')
    s.set(3 * DAY)
    s.mail(1)
    s.just(8, 'and then it is over')
    s.end()


if rest() < 60:
    time.sleep(rest() + 1)
run([limit, midnight, plan], sys.argv[1:])
done()
