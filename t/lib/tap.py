"""Test points for tests in Python, printed as TAP; and waiting."""
import sys
import time

count = [0, 0]


def ok(good, name, detail=''):
    """One point; what is known of a failure goes along."""
    count[0] += 1
    print('%sok %d - %s' % ('' if good else 'not ', count[0], name))
    if not good:
        count[1] += 1
        for line in str(detail).splitlines()[:20]:
            print('#  ' + line)
    sys.stdout.flush()


def same(got, want, name):
    ok(got == want, name, 'got  %r\nwant %r' % (got, want))


def until(what, seconds=30):
    """Polls until what() is true; False if it does not come true in time."""
    end = time.time() + seconds
    while time.time() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def done():
    """Prints the plan and ends the test."""
    print('1..%d' % count[0])
    sys.exit(count[1] != 0)
