#!/usr/bin/python3
# dray-unsub: who has the link of a message leaves its list, by one click of his
# mail program, by the button of a page in a browser, and as a script of a web
# server; who has no link changes nothing.
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import line
from line import FAST, HELLO, Line, run
from tap import done, ok, same, skip, until

SENDER = '''[sender brand.example]
list-id = news.brand.example
unsubscribe-url = https://u.brand.example/{token}
[sender other.example]
list-id = news.other.example
[limits]
'''
SANITIZERS = {k: v for k, v in os.environ.items() if k.endswith('SAN_OPTIONS')}
CLICK = 'List-Unsubscribe=One-Click'
FORM = {'Content-Type': 'application/x-www-form-urlencoded'}


def hello(sender):
    return HELLO.replace('news@brand.example', sender)


def single(s, sender, to='a@x.example'):
    """A message that is no campaign; the exit code of dray-inject."""
    return subprocess.run(
        [s.inst.bin + '/dray-inject', '-f', sender, '--', to],
        input=hello(sender).replace('{{email}}', to).encode(),
        stderr=subprocess.DEVNULL,
        env=dict(os.environ, DRAY_BASE=s.base)).returncode


def tokens(s, n):
    """of the links that came, by recipient"""
    out = {}

    def look():
        for f in os.listdir(s.kept + '/new'):
            with open(s.kept + '/new/' + f, errors='replace') as g:
                text = g.read()
            link = re.search(
                r'https://u\.brand\.example/([a-z2-7]{40})', text)
            to = re.search(r'^To: (\S+)', text, re.M)
            if link and to:
                out[to.group(1)] = link.group(1)
        return len(out) >= n
    ok(until(look), '%d links came' % n, out)
    return out


def start_unsub(s, *args):
    """Its process, and where it is asked."""
    free = socket.socket()
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]
    free.close()
    r, w = os.pipe()
    p = subprocess.Popen([s.inst.bin + '/dray-unsub', '-b', s.base, '-d',
                          str(w), '-l', '127.0.0.1:%d' % port] + list(args),
                         pass_fds=[w], stdin=subprocess.DEVNULL)
    os.close(w)
    ok(os.read(r, 1) == b'\n', 'dray-unsub starts')
    os.close(r)
    s.inst.adopt('dray-unsub', p)
    return port


def ask(port, method, path, body=None, headers=None):
    c = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    c.request(method, path, body, headers or {})
    r = c.getresponse()
    text = r.read().decode()
    got = r.status, text, {k.lower(): v for k, v in r.getheaders()}
    c.close()
    return got


def who(s):
    return sorted(x.split('\t')[3] for x in s.tool(
        'dray-suppress', 'export').splitlines())


def start():
    kept = tempfile.mkdtemp(prefix='kept ', dir=line.top)
    s = Line(conf=FAST.replace('[limits]\n', SENDER), args=['-o', kept])
    s.kept = kept
    os.makedirs(s.base + '/keys')
    s.tool('dray-keys', 'token')
    s.tool('dray-suppress', 'fold')
    return s


def asks(s, port, link):
    """What changes nothing."""
    status, text, headers = ask(port, 'GET', '/' + link)
    same(status, 200, 'a page')
    ok('<button' in text and '<html lang="en">' in text and
       'script' not in text, 'with a button, and no script', text)
    ok("default-src 'none'" in headers['content-security-policy'] and
       'set-cookie' not in headers and 'location' not in headers and
       headers['cache-control'] == 'no-store', 'no cookie, no redirection',
       headers)
    same(ask(port, 'HEAD', '/' + link)[:2], (200, ''), 'its head')
    for name, want, args in (
            ('no token', 404, ('GET', '/')),
            ('a wrong one', 404, ('POST', '/' + 'a' * 40, CLICK, FORM)),
            ('half of one', 404, ('POST', '/' + link[:39], CLICK, FORM)),
            ('no body', 400, ('POST', '/' + link)),
            ('another body', 400, ('POST', '/' + link, 'a=b', FORM)),
            ('a body without end', 400,
             ('POST', '/' + link, CLICK + '&' + 'x' * 20000, FORM)),
            ('another method', 405, ('DELETE', '/' + link))):
        same(ask(port, *args)[0], want, name)
    same(who(s), [], 'nobody has left')


def clicks():
    s = start()
    port = start_unsub(s)
    people = ['a@x.example', 'b@x.example', 'c@x.example', 'd@x.example']
    s.campaign('one', ['email'] + people)
    s.just(4, 'all have the campaign')
    link = tokens(s, 4)
    asks(s, port, link['a@x.example'])
    status, text, headers = ask(
        port, 'POST', '/' + link['a@x.example'], CLICK, FORM)
    ok(status == 200 and 'You are unsubscribed' in text, 'one click', text)
    same(ask(port, 'POST', '/?t=' + link['b@x.example'].upper(), '--x\r\nContent-Disposition: '
                   'form-data; name="List-Unsubscribe"\r\n\r\n'
                   'One-Click\r\n--x--\r\n',
             {'Content-Type': 'multipart/form-data; boundary=x'})[0],
         200, 'another, as a form of several parts')
    for _ in range(40):
        if ask(port, 'POST', '/' + link['a@x.example'], CLICK, FORM)[0] != 200:
            ok(False, 'again and again')
    same(len(who(s)), 2, 'they have left')
    ok(until(lambda: len(s.events('Unsubscribe')) == 42), 'it is in the log')
    same([e['new'] for e in s.events('Unsubscribe')].count(True), 2,
         'new only once')
    browser(s, port, link['c@x.example'])
    script(s, link['d@x.example'])
    often(port)
    s.campaign('two', ['email'] + people)
    ok(until(lambda: len(s.events('AdminBounce')) == 4 - len(left)),
       'who has left gets nothing of the next campaign',
       s.events('AdminBounce'))
    s.just(4 + len(left), 'and nobody else is missed')
    s.campaign('offers', ['email'] + people, '-f', 'news@other.example',
               template=hello('news@other.example'))
    s.just(8 + len(left), 'all get what is of another list')
    # A message by itself as well: the list counts, not the campaign.
    same(single(s, 'news@brand.example'), 69, 'a message of his list is refused')
    same(single(s, 'news@other.example'), 0, 'one of the other is not')
    s.just(9 + len(left), 'and comes')
    rotated(s, port)
    p = s.inst.procs.pop('dray-unsub')
    p.terminate()
    same(p.wait(20), 0, 'dray-unsub ends')
    s.end()


def by_policy():
    """Where the policy says, as soon as it does."""
    s = start()
    s.inst.start(['dray-unsub'])
    free = socket.socket()
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]
    free.close()
    s.inst.conf('[suppression]\nunsubscribe-port = %d\n' % port + FAST)
    same(s.inst.procs.pop('dray-unsub').wait(20), 0, 'it ends to begin anew')
    s.inst.start(['dray-unsub'])
    same(ask(port, 'GET', '/')[0], 404, 'and listens')
    s.inst.stop(only=['dray-unsub'])
    for args in (['-x'], ['word'], ['-p', '192.0.2.0/24'], ['-p', 'localhost'],
                 ['-l', '8461'], ['-l', '127.0.0.1:0']):
        r = subprocess.run([s.inst.bin + '/dray-unsub', '-b', s.base] + args,
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           text=True, timeout=30)
        ok(r.returncode == 100 and (len(args) == 1 or args[1] in r.stderr),
           'wrong: ' + ' '.join(args), (r.returncode, r.stderr))
    s.end()


left = []   # who stays, as there is no browser


def browser(s, port, link):
    chromium = shutil.which('chromium') or shutil.which('chromium-browser')
    if not chromium:
        left.append(link)
        skip('a browser', 'there is no Chromium')
        return
    before = len(who(s))
    press(chromium, s, 'http://127.0.0.1:%d/%s' % (port, link))
    ok(until(lambda: len(who(s)) == before + 1, 10), 'its button was pressed')


def press(chromium, s, url):
    """Opens the page, presses its button as the keyboard does, and reads what
    comes, over the browser's own pipe."""
    to_r, to_w = os.pipe()
    from_r, from_w = os.pipe()

    def ends():
        for have, want in ((to_r, 3), (from_w, 4)):
            os.dup2(have, want + 10)
        os.dup2(13, 3)
        os.dup2(14, 4)
        os.set_inheritable(3, True)
        os.set_inheritable(4, True)
    home = s.base + '/home'
    os.makedirs(home)
    p = subprocess.Popen(
        [chromium, '--headless=new', '--no-sandbox', '--disable-gpu',
         '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions',
         '--disable-background-networking', '--remote-debugging-pipe',
         '--user-data-dir=' + home, 'about:blank'], close_fds=False,
        preexec_fn=ends, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=home))
    os.close(to_r)
    os.close(from_w)
    try:
        drive(to_w, from_r, url)
    finally:
        p.terminate()
        p.wait()
        os.close(to_w)
        os.close(from_r)


def drive(to, back, url):
    """By the DevTools protocol: JSON and a zero octet each."""
    import select
    state = {'id': 0, 'buf': b''}

    def call(method, session=None, **params):
        state['id'] += 1
        m = {'id': state['id'], 'method': method, 'params': params}
        if session:
            m['sessionId'] = session
        os.write(to, json.dumps(m).encode() + b'\0')
        end = time.monotonic() + 60
        while time.monotonic() < end:
            while b'\0' in state['buf']:
                one, state['buf'] = state['buf'].split(b'\0', 1)
                got = json.loads(one)
                if got.get('id') == state['id']:
                    return got.get('result', got)
            if select.select([back], [], [], 1)[0]:
                data = os.read(back, 65536)
                if not data:
                    break
                state['buf'] += data
        return {}

    def value(expression):
        return call('Runtime.evaluate', session, expression=expression).get(
            'result', {}).get('value')
    target = call('Target.createTarget', url='about:blank').get('targetId')
    session = call('Target.attachToTarget', targetId=target,
                   flatten=True).get('sessionId')
    call('Page.navigate', session, url=url)
    ok(until(lambda: value('document.title') == 'Unsubscribe', 30),
       'the browser shows the page', value('document.title'))
    same(value('document.querySelectorAll("form button").length'), 1,
         'with its button')
    same(value('document.cookie'), '', 'without a cookie')
    value('document.querySelector("button").focus()')
    for kind in 'keyDown', 'keyUp':
        call('Input.dispatchKeyEvent', session, type=kind, key='Enter',
             code='Enter', text='\r' if kind == 'keyDown' else '',
             windowsVirtualKeyCode=13)
    ok(until(lambda: value('document.title') == 'You are unsubscribed', 30),
       'which leads to the other', value('document.title'))
    same(value('location.href'), url, 'at the same place')


def script(s, link):
    """RFC 3875"""
    def cgi(method, path, body='', query='', type='text/plain'):
        r = subprocess.run(
            [s.inst.bin + '/dray-unsub', '-l', 'query'], input=body.encode(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30,
            env={**SANITIZERS,
                 'GATEWAY_INTERFACE': 'CGI/1.1', 'DRAY_BASE': s.base,
                 'REQUEST_METHOD': method, 'PATH_INFO': path,
                 'QUERY_STRING': query, 'CONTENT_TYPE': type,
                 'CONTENT_LENGTH': str(len(body)) if body else ''})
        head, _, text = r.stdout.decode().partition('\r\n\r\n')
        same(r.returncode, 0, 'the script ends well')
        said.append(r.stderr.decode())
        return head.split('\r\n')[0], text

    def click():
        return cgi('POST', '', CLICK, 't=' + link, FORM['Content-Type'])[0]
    said = []
    before = len(who(s))
    logged = len(s.events('Unsubscribe'))
    status, text = cgi('GET', '/' + link)
    ok(status == 'Status: 200' and '<button' in text, 'a page', status)
    same(cgi('GET', '/x')[0], 'Status: 404', 'no token')
    same(len(who(s)), before, 'nobody has left by that')
    same(len(s.events('Unsubscribe')), logged, 'which is no event')
    log = s.base + '/sock/log'
    os.rename(log, log + '.away')
    status, text = cgi('POST', '', CLICK, 't=' + link, FORM['Content-Type'])
    ok(status == 'Status: 200' and 'You are unsubscribed' in text, 'a click',
       status)
    same(len(who(s)), before + 1, 'by a script')
    ok('who has left' in said[-1], 'it says that nobody logs it', said)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(log)
        deaf.listen(1)
        same(click(), 'Status: 200', 'nor does it wait for ever for who does not')
        ok('who has left' in said[-1], 'which it says', said)
    os.rename(log + '.away', log)
    same(click(), 'Status: 200', 'again')
    same(said[-1], '', 'without a word')
    same([(e['source'], e['new']) for e in s.events('Unsubscribe')[logged:]],
         [('one-click', False)], 'it is in the log')


def often(port):
    """Of those without a token, by the address that the proxy tells."""
    got = {ask(port, 'GET', '/x', None, {'X-Forwarded-For':
           '198.51.100.9, 192.0.2.1'})[0] for _ in range(60)}
    same(got, {404, 429}, 'who asks too often is told')
    same(ask(port, 'GET', '/x', None, {'X-Forwarded-For':
             '192.0.2.1, 198.51.100.9'})[0], 404, 'another is not')


def rotated(s, port):
    s.tool('dray-keys', 'token')
    s.campaign('three', ['email', 'new@x.example'])
    ok(until(lambda: 'new@x.example' in s.arrived()), 'a message after that')
    new = tokens(s, 5)['new@x.example']
    ok(until(lambda: ask(port, 'POST', '/' + new, CLICK, FORM)[0] == 200, 10),
       'a token by a new key is known')


run([clicks, by_policy], sys.argv[1:])
done()
