#!/usr/bin/python3
# dray-smtpd in several processes, and on sockets that a supervisor holds: what
# is limited is limited in sum, who dies is replaced, and who connects meanwhile
# is served.
import os
import signal
import socket
import subprocess
import sys
import threading
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from door import HEADER, Door
from line import run
from tap import done, ok, same, until


def children(pid):
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            return [int(x) for x in f.read().split()]
    except FileNotFoundError:
        return []


def sockets(pid):
    """How many sockets a process has: its sessions, and a few of its own."""
    n = 0
    for fd in os.listdir('/proc/%d/fd' % pid):
        try:
            n += os.readlink('/proc/%d/fd/%s' % (pid, fd)).startswith('socket')
        except FileNotFoundError:
            pass
    return n


def spread(d, pid, bare):
    """A dozen sessions, and how many each process has.  Where processes hardly
    run one of them may have taken all before the next one is awake: then once
    more."""
    for _ in range(10):
        some = [d.talk() for _ in range(12)]
        each = [sockets(k) - bare[k] for k in children(pid)]
        if min(each) > 1:
            break
        for t in some:
            t.close()
        until(lambda: all(sockets(k) == bare[k] for k in children(pid)))
    return some, each


def crew():
    d = Door(smtpd='processes = 3\nconnections = 40\nnetwork-connections = 12\n'
             'network-message-rate = 30/h\nerrors = 1000')
    pid = d.inst.procs['dray-smtpd'].pid
    same(len(children(pid)), 3, 'three processes')
    bare = {k: sockets(k) for k in children(pid)}
    some, each = spread(d, pid, bare)
    t = d.talk(hello=None)
    same(t.greeting[:9], '421 4.7.0', 'a limit holds for all of them')
    ok(sum(each) == 12 and min(each) > 1, 'each has some', each)
    print('# %s' % each)
    more = [d.talk(source='127.0.0.%d' % (2 + i // 12)) for i in range(28)]
    same({t.mail([b'm%d@there.example' % i])[:3]
          for i, t in enumerate(some + more)}, {'250'}, 'all take mail')
    for i in range(10000):
        t = d.talk(hello=None, source='127.0.0.9')
        if t.greeting[:3] == '421':
            break
        t.close()
    same(t.greeting[:9], '421 4.3.2', 'so does that of all connections')
    # One of them dies.
    victim = children(pid)[1]
    os.kill(victim, signal.SIGKILL)
    left = []

    def alive():
        left[:] = [t for t in some + more if t.code(b'NOOP') == '250 2.0.0']
        return 0 < len(left) < 40

    ok(until(alive), 'its sessions end', len(left))
    ok(until(lambda: len(children(pid)) == 3 and victim not in children(pid)),
       'it is replaced')
    ok(until(lambda: d.talk(hello=None).greeting[:3] == '220'),
       'what it held is free')
    # A message under way is finished, whoever has it.
    left[0].envelope([b'last@there.example'])
    left[0].say(b'DATA')
    p = d.inst.procs['dray-smtpd']
    p.send_signal(signal.SIGTERM)
    same(left[1].reply()[:9], '421 4.3.2', 'the end comes to all')
    left[0].send(HEADER)
    same(left[0].say(b'.')[:3], '250', 'after what is under way')
    for t in some + more:
        t.close()
    same(p.wait(30), 0, 'and they end')
    d.inst.procs.pop('dray-smtpd')
    until(lambda: len(d.arrived()) == 41)
    same(len(d.arrived()), 41, 'what was taken arrives')
    d.end()


def reload():
    """Another number of processes needs a new start."""
    d = Door()
    p = d.inst.procs['dray-smtpd']
    same(children(p.pid), [], 'one process')
    d.inst.conf(d.text.replace('[smtpd]\n', '[smtpd]\nprocesses = 2\n'))
    same(p.wait(30), 0, 'more are wanted: it ends')
    d.inst.start(['dray-smtpd'])
    p = d.inst.procs['dray-smtpd']
    same(len(children(p.pid)), 2, 'and two come')
    d.inst.conf(d.text)
    same(p.wait(30), 0, 'and end together')
    d.inst.procs.pop('dray-smtpd')
    d.end()


class Held:
    """dray-smtpd on sockets that are ours."""

    def __init__(self, d, ports, how='sd'):
        self.d, self.how, self.held = d, how, []
        for port in ports:
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('127.0.0.1', port))
            s.listen(4096)
            self.held.append(s)

    def start(self):
        r, w = os.pipe()
        n = len(self.held)
        os.set_inheritable(w, True)

        def place():
            for i in range(n):
                os.dup2(self.held[i].fileno(), 100 + i)
            os.dup2(w, 99)
            for i in range(n):
                os.dup2(100 + i, 3 + i)

        names = 'LISTEN_PID=$$ LISTEN_FDS=%d LISTEN_FDNAMES=x:y' % n
        if self.how != 'sd':
            names = 'env S6_FD#=%d ' % n + ' '.join(
                'S6_FD_%d=%d' % (i, 3 + i) for i in range(n))
        if self.how == 'sd':
            names += ' exec'
        self.p = subprocess.Popen(
            ['sh', '-c', names + ' "$@"', 'sh',
             self.d.inst.bin + '/dray-smtpd', '-b', self.d.base, '-d', '99'],
            close_fds=False, preexec_fn=place, stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        os.close(w)
        up = os.read(r, 1)
        os.close(r)
        return up == b'\n'

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        return self.p.wait(30)

    def close(self):
        self.p.stderr.close()
        for s in self.held:
            s.close()


def passed():
    for n, processes in ((1, 1), (2, 3)):
        d = Door(smtpd='processes = %d\nerrors = 1000' % processes)
        d.inst.stop(only=['dray-smtpd'])
        h = Held(d, list(d.ports.values())[:n])
        ok(h.start(), '%d socket, %d process' % (n, processes))
        bad, taken, stop = [], [], threading.Event()

        def client(k):
            i = 0
            while not stop.is_set():
                i += 1
                to = b'c%d.%d@there.example' % (k, i)
                try:
                    t = d.talk()
                except OSError as e:
                    bad.append(repr(e))
                    continue
                if t.greeting[:3] not in ('220', '421'):
                    bad.append(t.greeting)
                elif t.greeting[:3] == '220' and t.mail([to])[:3] == '250':
                    taken.append(to.decode())
                t.close()

        threads = [threading.Thread(target=client, args=(k,))
                   for k in range(6)]
        for x in threads:
            x.start()
        for i in range(5):
            before = len(taken)
            until(lambda: len(taken) > before + 20)
            same(h.stop(), 0, 'it ends')
            ok(h.start(), 'and comes again')
        before = len(taken)
        until(lambda: len(taken) > before + 20)
        stop.set()
        for x in threads:
            x.join()
        same(bad, [], 'everybody was greeted')
        until(lambda: len(d.arrived()) >= len(taken))
        same(sorted(set(taken) - set(d.arrived())), [],
             'what was taken arrives')
        h.stop()
        h.close()
        d.end()


def wrong():
    d = Door()
    d.inst.stop(only=['dray-smtpd'])
    h = Held(d, [d.ports['relay']], how='s6')
    ok(h.start(), 'from a holder of descriptors')
    same(d.talk('relay').greeting[:3], '220', 'it serves')
    same(d.talk().greeting[:3], '220', 'and what was not passed, too')
    # The shell stands between.
    for k in children(h.p.pid) or [h.p.pid]:
        os.kill(k, signal.SIGTERM)
    h.p.wait(30)
    h.close()
    h = Held(d, [d.ports['relay'], 0])
    ok(not h.start(), 'a socket that no listener has')
    said = h.p.stderr.read().decode()
    same((h.p.wait(30), 'where no [listener] is' in said), (100, True),
         'is a mistake, which is told')
    h.close()
    d.inst.start(['dray-smtpd'])
    d.end()


run([crew, reload, passed, wrong], sys.argv[1:])
done()
