#!/usr/bin/python3
# Messages made of templates and values: strict parsers have nothing to say
# about them, and find in them what was put in, whatever that was.
import base64
import email
import email.policy
import glob
import html
import json
import os
import random
import re
import subprocess
import sys
import tempfile
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from tap import done, ok, same, skip
from gmime import GMime

B = os.path.join(TOP, os.environ.get('B', 'build'))
TOOL = os.path.join(B, 't', 'lib', 'mergetool')
SCRATCH = tempfile.TemporaryDirectory(prefix='dray merge')
T = SCRATCH.name
STRICT = email.policy.SMTP.clone(raise_on_defect=True)
PNG = base64.encodebytes(bytes(range(256)) * 5).replace(b'\n', b'\r\n')

FULL = b'''From: "News of {{v}}" <news@brand.example>
To: {{v}} <{{dray.recipient}}>, "Two, \xc3\xa4" <two@b.example>
Subject: Gr\xc3\xbc\xc3\x9fe {{v}}, {{v}}
X-Ascii: {{v}}
List-Unsubscribe: <https://u.example/{{dray.token}}?{{v}}>, <mailto:u@b.example>
Date: {{dray.date}}
Message-ID: <{{dray.token}}@brand.example>
Content-Type: multipart/mixed; boundary="x y"

--x y
Content-Type: multipart/alternative; boundary=z

--z
Content-Type: text/plain; charset=utf-8

{{v}}
a {{v}} b
{{#v}}c{{/v}}.
--z
Content-Type: multipart/related; boundary=q

--q
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p title=3D"{{v}}">=E4{{v}}</p>{{{v}}}<img src=3D"cid:1">
--q
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-ID: <1>

''' + PNG + b'''--q--

--z--
--x y
Content-Type: text/plain; name="a.txt"
Content-Disposition: attachment; filename="a.txt"

keep {{v}}

--x y--
'''
TYPES = ['multipart/mixed', 'multipart/alternative', 'text/plain',
         'multipart/related', 'text/html', 'image/png', 'text/plain']
BOUNDARY = re.compile(rb'boundary="([^"]*)"')
KEYS = ['From', 'To', 'Subject', 'X-Ascii', 'List-Unsubscribe', 'Date',
        'Message-ID', 'MIME-Version', 'Content-Type']


def write(name, octets):
    path = os.path.join(T, name)
    with open(path, 'wb') as f:
        f.write(octets)
    return path


def tool(*args, rows=b''):
    return subprocess.run([TOOL, *args], input=rows, stdout=subprocess.PIPE,
                          timeout=120)


def varint(n):
    out = b''
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def row(*values):
    """A row as mergevalue.h has it, of text."""
    return b''.join(varint(len(v) << 3 | 3) + v for v in values)


def answers(out):
    """What mergetool said of each row: [check, message or error]."""
    got = []
    while out:
        line, out = out.split(b'\n', 1)
        word, rest = line.split(b' ', 1)
        if word == b'check':
            got.append([rest.decode().strip(), None])
        elif word == b'message':
            got[-1][1] = out[:int(rest)]
            out = out[int(rest):]
        elif word == b'error':
            got[-1][1] = line.decode()
        else:
            got.append([line.decode(), None])
    return got


def rendered(args, rows):
    hexed = b''.join(r.hex().encode() + b'\n' for r in rows)
    return answers(tool('-B', *args, rows=hexed).stdout)


def characters(octets):
    """As UTF-8, what is none replaced, an octet at a time."""
    out, i = '', 0
    while i < len(octets):
        for n in range(1, 5):
            try:
                out += octets[i:i + n].decode('utf-8')
                break
            except UnicodeDecodeError:
                continue
        else:
            out += '\ufffd'
            n = 1
        i += n
    return out


def in_body(octets):
    text = characters(octets).replace('\r\n', '\n').replace('\r', '\n')
    return ''.join(c if c in '\n\t' or ord(c) > 31 and ord(c) != 127 else
                   '\ufffd' for c in text)


def in_head(before, octets, after=''):
    """A text with a value in it, in a header."""
    text = before + characters(octets) + after
    out, i = '', 0
    while i < len(text):
        if text[i] in '\r\n':
            while i < len(text) and text[i] in '\r\n':
                i += 1
            if i == len(text) or text[i] not in ' \t':
                out += ' '
            continue
        odd = ord(text[i]) < 32 or 127 <= ord(text[i]) < 160 or (
            text[i] in '\u2028\u2029')
        out += ' ' if text[i] == '\t' else '\ufffd' if odd else text[i]
        i += 1
    return out.strip(' ')


def escape(text):
    return html.escape(text).replace('&#x27;', '&#39;')


def inside(message):
    """All its parts, itself first; a defect raises."""
    return list(message.walk())


def values():
    every = bytes(range(256))
    rnd = random.Random(7)
    yield b'plain'
    yield b''
    yield every
    for i in range(0, 256, 4):
        yield b'a' + every[i:i + 4] + b'b'
    for s in ('x\r\nX-Injected: yes\r\n\r\nbody', 'x\nBcc: a@b.example',
              'x\r\n\r\n--x y\r\n', '\r\n--z--\r\n', '--=_', '\n--=_00000000_1',
              '\n.\n..\n', 'From me', '=?utf-8?Q?x?=', '=?utf-8?Q?', '?= =?',
              '=3D=', '=\r\n', 'a=', 'trailing ', 'tab\t', '  two  spaces  ',
              'a' + ' ' * 30 + 'b', ' ' * 2000 + 'x', '"', '\\', '\\"', 'a"b\\c',
              '<a@b.example>', 'a, b', 'a;b:c', '(comment)', '((', ')', '@',
              '\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd',
              '\u202eabc\u202c', '\U0001f468\u200d\U0001f469\u200d\U0001f467',
              '\U0001f600' * 200, 'e\u0301' * 100, '\u2028\u2029\x85', '\ufeff',
              'w' * 10240, '\u00fc' * 5000, ('word ' * 2048), 'a' * 75,
              'a' * 997, 'a' * 998, 'a' * 999, 'a' * 67 + ' ' + 'b' * 890,
              'x ' + 'a' * 70 + ' \u00e4', '{{v}}', '}}', '&<>"\'',
              '<script>alert(1)</script>'):
        yield s.encode()
    for n in range(60):
        yield bytes(rnd.choice(b'ab \r\n\t-=_?"<>@,\xc3\xa4\xff\x00.')
                    for _ in range(rnd.randrange(1, 400)))


def labels(m):
    """The encodings of all parts."""
    return [p.get('Content-Transfer-Encoding') for p in m.walk()]


def look(value, message, is7):
    """What is wrong with one message, '' if nothing is."""
    lines = message.split(b'\r\n')
    if lines[-1] or any(b'\r' in x or b'\n' in x or b'\0' in x or len(x) > 998
                        for x in lines):
        return 'a line that no mail may have'
    head = message[:message.index(b'\r\n\r\n')]
    if max(head) > 127 or (is7 and max(message) > 127):
        return 'octets over 127'
    m = email.message_from_bytes(message, policy=STRICT)
    if [k for k in m if k != 'Content-Transfer-Encoding'] != KEYS:
        return 'fields %r' % m.keys()
    if '8bit' in labels(m) and (is7 or m[
            'Content-Transfer-Encoding'] != '8bit'):
        return 'labels %r' % labels(m)
    for k, v in m.items():
        if v.defects:
            return '%s: %r' % (k, v.defects)
    parts = inside(m)
    if [p.get_content_type() for p in parts] != TYPES:
        return 'parts %r' % [p.get_content_type() for p in parts]
    if any(p.defects for p in parts):
        return 'defects %r' % [p.defects for p in parts]
    return content(value, m, parts) or fields(value, m)


def content(value, m, parts):
    v = in_body(value)
    want = '%s\na %s b\n%s.' % (v, v, 'c' if value else '')
    got = parts[2].get_payload(decode=True).decode().replace('\r\n', '\n')
    if got.rstrip('\n') != want.rstrip('\n'):
        return 'text %r\nnot %r' % (got[:300], want[:300])
    want = '<p title="%s">\u00e4%s</p>%s<img src="cid:1">' % (
        escape(v), escape(v), v)
    got = parts[4].get_payload(decode=True).decode().replace('\r\n', '\n')
    if got != want:
        return 'html %r\nnot %r' % (got[:300], want[:300])
    if parts[5].get_payload(decode=True) != bytes(range(256)) * 5:
        return 'the image has changed'
    if parts[6].get_payload(decode=True) != b'keep {{v}}\r\n':
        return 'the attachment has changed'
    return ''


def fields(value, m):
    want = in_head('Gr\u00fc\u00dfe ', value, ', ' + characters(value))
    if str(m['Subject']).split() != in_head('', want.encode()).split():
        return 'subject %r\nnot %r' % (str(m['Subject'])[:300], want[:300])
    if str(m['X-Ascii']).split() != in_head('', value).split():
        return 'X-Ascii %r' % str(m['X-Ascii'])[:300]
    boxes = m['To'].addresses + m['From'].addresses
    if [a.addr_spec for a in boxes] != ['rcpt@example.com', 'two@b.example',
                                        'news@brand.example']:
        return 'addresses %r' % (boxes,)
    # Python leaves the white space between encoded words of a name there.
    for box, before in (boxes[0], ''), (boxes[2], 'News of '):
        if (''.join(box.display_name.split(' ')) !=
                ''.join(in_head(before, value).split(' '))):
            return 'name %r' % box.display_name
    if m['Date'].datetime.timestamp() != 1795356000:
        return 'date'
    uris = ''.join(str(m['List-Unsubscribe']).split())
    if uris.count('<') != 2 or not uris.endswith(',<mailto:u@b.example>'):
        return 'uris %r' % uris
    return ''


def folded(message):
    """Lines of the header over 78 octets that could have been folded."""
    head = message[:message.index(b'\r\n\r\n')].split(b'\r\n')
    return [x for x in head if len(x) > 78 and b' ' in x[1:].partition(b': ')[2]
            and b' ' in x.strip()[:78].partition(b': ')[2]]


def all_values():
    template = write('full.eml', FULL)
    vs = list(values())
    first = rendered([template], [row(b'x')])[0][1]
    for b in sorted(set(BOUNDARY.findall(first))):
        vs += [b'\r\n--' + b + b'\r\n\r\nx', b'\n--' + b + b'--\n',
               b'--' + b, b + b'--', b'-\n--' + b]
    # What cannot be a word of a URI is refused.
    short = [v for v in vs if len(v) * 3 < 800]
    for opt in ([], ['-7']):
        got = rendered([*opt, template], [row(v) for v in short])
        bad = []
        for v, (check, message) in zip(short, got):
            try:
                why = ('check ' + check if check != '0' else
                       look(v, message, opt == ['-7']))
            except Exception as e:
                why = 'raised %r' % e
            if why:
                bad.append('%r: %s' % (v[:60], why))
        ok(len(got) == len(short) > 100 and not bad, '%d values%s: a strict '
           'parser finds them, and nothing else' % (len(short),
           ' without 8BITMIME' if opt else ''), '\n'.join(bad))
    bad = [x for _, m in got for x in folded(m)]
    ok(not bad, 'headers are folded', '\n'.join(map(repr, bad)))
    long_values(vs)
    by_gmime([m for _, m in got])


def long_values(vs):
    template = write('long.eml', FULL.replace(b'?{{v}}>', b'>'))
    vs = [v for v in vs if len(v) * 3 >= 800]
    got = rendered([template], [row(v) for v in vs])
    bad = []
    for v, (check, message) in zip(vs, got):
        try:
            why = 'check ' + check if check != '0' else look(v, message, 0)
        except Exception as e:
            why = 'raised %r' % e
        if why:
            bad.append('%r: %s' % (v[:60], why))
    ok(vs and len(got) == len(vs) and not bad, 'long values, too',
       '\n'.join(bad))
    got = rendered([write('full.eml', FULL)], [row(b'w' * 5000)])
    same(got, [['EMSGSIZE', 'error EMSGSIZE']],
         'but no URI that no line can hold')


def by_gmime(messages):
    try:
        g = GMime()
    except OSError as e:
        skip('GMime has no warnings', 'there is none: %s' % e)
        return
    bad = []
    for m in messages:
        types, warnings = g.read(m)
        if types != ['multipart/alternative', 'text/plain'] or warnings:
            bad.append('%r %r' % (types, warnings))
    ok(messages and not bad, 'GMime has no warnings', '\n'.join(bad))


def errors():
    head = b'From: a@b.example\r\nSubject: x\r\n'
    multi = head + (b'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
                    b'--b\r\n%s\r\n--b--\r\n')
    cases = [
        ('a section that is not closed', head + b'\nline\n  {{#a}}\n',
         '5:3: the section a is not closed'),
        ('in a field', b'From: a@b.example\nSubject: a {{/x}}\n\n',
         '2:12: no section x is open'),
        ('in a folded field', b'From: a@b.example\nSubject: a\n {{x\n\n',
         '3:2: the tag is not closed'),
        ('a tag in a Content-Type', head + b'Content-Type: {{t}}\n\n{{x}}',
         '3:1: the fields of a part cannot have tags'),
        ('a tag in a boundary', (multi % b'\r\n{{x}}').replace(
            b'boundary=b', b'boundary="{{b}}"'),
         '1:1: a boundary cannot have tags'),
        ('a tag in a Message-ID', head + b'Message-ID: <{{x}}@b>\n\n',
         '3:14: only {{dray.token}} and its like may be in this field'),
        ('a tag in a List-Id', head + b'List-Id: <{{x}}>\n\n',
         '3:1: this field cannot have tags'),
        ('a tag in the name of a field', head + b'X-{{x}}: y\n\n',
         '3:1: the name of a field cannot have tags'),
        ('in an encoded part', multi % (
            b'Content-Transfer-Encoding: base64\r\n\r\n' +
            base64.b64encode(b'a\n{{#x}}')),
         ' the decoded text/plain part:2:1: the section x is not closed'),
        ('a group', b'From: a@b.example\nTo: g: {{x}};\n\n',
         '2:4: this list of addresses cannot be understood, or has a group, '
         'in which no tags can be'),
        ('no header', b'hello\n', '1:1: this is no header field'),
        ('a line that is no field', head + b'oops\n\nx',
         '3:1: this is no header field, nor the empty line that ends a header'),
        ('a NUL', head + b'\na\0', '4:2: a NUL octet'),
        ('octets of an unknown charset', head + b'\n\xe4',
         '4:1: this part is not UTF-8, and does not say in which character '
         'set it is'),
        ('a charset that is none', head +
         b'Content-Type: text/plain; charset=none-such\n\n{{x}}',
         '5:1: the character set of this part is not known'),
        ('a partial that is not there', head + b'\n {{>none}}',
         '4:2: there is no partial none'),
        ('too many tags', head + b'\n' + b'{{a}}' * 262145,
         ' over 8 MB of text with tags, 262144 tags, or 32768 fields'),
        ('too much text', head + b'\n{{a}}' + b'x' * (8 << 20),
         ' over 8 MB of text with tags, 262144 tags, or 32768 fields'),
        ('an error in a partial', head + b'\n{{>bad}}',
         ' partial bad:2:2: the section q is not closed'),
    ]
    write('bad', b'a\n {{#q}}\n')
    for name, template, want in cases:
        path = write('bad.eml', template)
        got = tool('-p', T, path)
        same([got.returncode, got.stdout.decode().strip()],
             [1, '%s:%s' % (path, want)], name)


def checks():
    path = write('check.eml', b'From: a@b.example\nTo: {{n}} <{{e}}>\n'
                 b'Subject: {{s}}\n\n{{#l}}{{x}}{{/l}}{{o.a}}\n')

    def say(rows, *opts):
        out = tool(*opts, path, rows='\n'.join(map(json.dumps, rows)).encode())
        return [a[0] for a in answers(out.stdout)]
    full = {'n': 'N', 'e': 'a@b.example', 's': 'S', 'o': {'a': 1}}
    no_s = {k: v for k, v in full.items() if k != 's'}
    same(say([full, no_s, dict(full, s=None), dict(full, s=''),
              dict(full, o={'b': 1}), dict(full, o=2), dict(full, s=[1]),
              dict(full, l=[]), dict(full, l=[{'x': 1}, {}]),
              dict(full, l=['a'], x=1), dict(full, e='no address'),
              dict(full, e='a@b, c@d'), dict(full, e='')]),
         ['0', 'ENOENT s', 'ENOENT s', '0', 'ENOENT o.a', 'ENOENT o.a',
          'ENOENT s', '0', 'ENOENT x', '0', 'EINVAL To', 'EINVAL To',
          'EINVAL To'], 'what is missing is named')
    same(say([no_s, dict(full, s='')], '-d', 's=dflt'), ['0', '0'],
         'but for what has a default')
    same(say([no_s, dict(full, e='')], '-L'), ['0', 'EINVAL To'],
         'or is no error for the lenient')
    out = tool('-d', 's=d{{n}}\r\nX: y', path, rows='\n'.join(
        map(json.dumps, [no_s, dict(full, s='')])).encode())
    same([email.message_from_bytes(a[1])['Subject'] for a in
          answers(out.stdout)], ['d{{n}} X: y'] * 2,
         'which is used for an empty value, too')
    path = write('loop.eml', b'From: a@b.example\n\n{{>loop}}')
    write('loop', b'x{{>loop}}')
    out = tool('-p', T, path, rows=b'{}')
    same(out.stdout.split(), [b'check', b'ELOOP', b'error', b'ELOOP'],
         'a partial within itself comes to an end')
    path = write('large.eml', b'From: a@b.example\n\n' + b'{{#l}}{{#l}}{{#l}}'
                 b'{{#l}}' + b'x' * 9000 + b'{{/l}}' * 4)
    out = tool(path, rows=json.dumps({'l': [1] * 9}).encode())
    same(out.stdout.split(), [b'check', b'EMSGSIZE', b'error', b'EMSGSIZE'],
         'so does a message that would be too large')
    path = write('long.eml', b'From: a@b.example\n\n' + b'{{#l}}' * 4 +
                 b'{{/l}}' * 4)
    out = tool(path, rows=json.dumps({'l': [1] * 16}).encode())
    same(out.stdout.split(), [b'check', b'ELOOP', b'error', b'ELOOP'],
         'and one that would take too long')


def rows():
    path = write('rows.eml', b'From: a@b.example\n\n{{a}}{{#b}}{{.}}{{/b}}')
    deep = json.dumps({'b': 1}).replace('1', '[' * 40 + ']' * 40)
    out = tool(path, rows='\n'.join([
        json.dumps({'a': 'x' * 70000}), deep,
        json.dumps({'a': 'x' * 65000, 'c': 'x' * 65000})]).encode())
    same([a[0] for a in answers(out.stdout)],
         ['row EMSGSIZE', 'row EMSGSIZE', '0'],
         'rows have limits, and hold only what is used')
    good = row(b'x', b'y')
    bad = [b'\xff', b'\xff' * 9, good[:-1], good + b'\0\0', b'\x06',
           b'\x08', row(b'x') + b'\x84\x80\x80\x80\x01',
           row(b'x') + b'\x0c\xff']
    got = rendered([path], bad)
    same([a for a in got if a[0] != 'EPROTO' or a[1] != 'error EPROTO'],
         [], 'malformed rows are refused')
    same([len(got), rendered([path], [good, row(b'x'), b''])[1][0],
          rendered([path], [b''])[0][0]], [len(bad), '0', 'ENOENT a'],
         'values at the end may be missing')


def message(*args, data=None):
    out = tool(*args, rows=json.dumps(data or {}).encode())
    got = answers(out.stdout)
    return got[0][1] if got and got[0][1] else out.stdout


def the_rest():
    path = write('own.eml', b'From: a@b.example\nMessage-ID: <old@x>\n'
                 b'Bcc: c@d.example\nX-Dray-Stream: s\nPrecedence: bulk\n'
                 b'Subject: s\n\nhello\n')
    m = email.message_from_bytes(message(
        '-F', 'Message-ID: <{{dray.token}}@b.example>', '-f', 'Precedence: no',
        '-f', 'List-Id: <l.b.example>', path), policy=STRICT)
    same([m.keys(), m['Message-ID'], m['Precedence'], m['List-Id']],
         [['From', 'Precedence', 'Subject', 'Message-ID', 'List-Id',
           'MIME-Version'], '<tok3nabc@b.example>', 'bulk', '<l.b.example>'],
         'fields are added, replaced and left out')
    same(m.get_content(), 'hello\r\n', 'a text without tags stays')
    text = write('a.txt', 'Gr\u00fc\u00dfe {{n}}\n'.encode())
    page = write('a.html', b'<p>{{n}}</p>\n' + b'x' * 2000)
    m = email.message_from_bytes(message(
        '-t', text, '-h', page, '-s', '\u00e4 {{n}}', data={'n': '<b>'}),
        policy=STRICT)
    same([m['Subject'], m['To'], m.get_content_type()],
         ['\u00e4 <b>', 'rcpt@example.com', 'multipart/alternative'],
         'a message built from text and HTML')
    same([p.get_content().replace('\r\n', '\n') for p in m.iter_parts()],
         ['Gr\u00fc\u00dfe <b>\n', '<p>&lt;b&gt;</p>\n' + 'x' * 2000],
         'with lines over 998 octets')
    same(message('-h', write('b.html', b'a\n{{/x}}'), '-s', 's').decode()
         .partition(':')[2].strip(),
         'text/html:2:1: no section x is open',
         'where errors are counted in the file that they are in')
    same(message('-t', text, '-s', 'a {{b').decode().partition(':')[2].strip(),
         'Subject:1:4: the tag is not closed', 'or in the subject')
    path = write('related.eml', b'From: a@b.example\nSubject: {{s}}\n'
                 b'Content-Type: multipart/signed; boundary=q; micalg=x\n\n'
                 b'--q\n\nsigned {{x}}\n--q\n\nsig\n--q--\n')
    ok(message(path, data={'s': 1}).endswith(
        b'\r\n--q\r\n\r\nsigned {{x}}\r\n--q\r\n\r\nsig\r\n--q--\r\n'),
       'what is signed stays as it is')
    path = write('label.eml', b'From: a@b.example\nContent-Type: multipart/mixed'
                 b'; boundary=q\nContent-Transfer-Encoding: 7bit\n\n--q\n'
                 b'Content-Type: multipart/alternative; boundary=r\n\n--r\n\n'
                 b'{{n}}\n--r--\n\n--q--\n')
    same([labels(email.message_from_bytes(message(*opts, path, data={'n': n})))
          for n, opts in (('\u00e4', []), ('a', []), ('\u00e4', ['-7']))],
         [['8bit'] * 3, [None, None, '7bit'],
          [None, None, 'quoted-printable']],
         'a multipart is 8bit where something in it is')
    m = message(write('enc.eml', b'From: =?iso-8859-1?Q?J=F6rg?= {{n}} <a@b.ex>'
                      b'\nSubject: =?utf-8?B?e3tufX0=?= =?utf-8?Q?_=C3=A4?=\n'
                      b'\nx'), data={'n': '\u20ac'})
    m = email.message_from_bytes(m, policy=STRICT)
    same([m['From'], m['Subject']],
         ['J\u00f6rg \u20ac <a@b.ex>', '\u20ac \u00e4'],
         'tags in encoded words are found')


def leaves(octets):
    """What can be read in a message: its types and what they hold."""
    got = []
    for p in email.message_from_bytes(octets).walk():
        if not p.is_multipart():
            text = p.get_payload(decode=True) or b''
            try:
                text = text.decode(p.get_content_charset() or 'utf-8').encode()
            except (LookupError, UnicodeDecodeError):
                pass
            got.append((p.get_content_type(),
                        b'\n'.join(text.splitlines()).rstrip()))
    return got


def corpus():
    """Real mail as templates says what it said."""
    files = sorted(glob.glob(os.path.join(os.environ.get(
        'DRAY_CORPUS', os.path.join(TOP, '..', 'shared', 'corpus')),
        'bounces', '*.eml')))[::3]
    if not files:
        skip('real mail stays what it is', 'there is no corpus')
        return
    taken, bad = 0, []
    for name in files:
        with open(name, 'rb') as f:
            data = re.sub(rb'\r\n?|\n', rb'\n', f.read())
        if b'{{' in data:
            continue
        got = message(name)
        if got.startswith(name.encode()):
            continue
        taken += 1
        if leaves(data) != leaves(got):
            bad.append(name)
    ok(taken > len(files) * 3 // 4 and not bad, 'real mail stays what it is',
       '%d of %d\n%s' % (taken, len(files), '\n'.join(bad)))


all_values()
corpus()
errors()
checks()
rows()
the_rest()
done()
