"""Test points for tests in Python, printed as TAP; and waiting."""
import sys
import time

count = [0, 0]    # points, and those that failed


def ok(good, name, detail=None):
    """One point, and whether it is good; what is known of a failure goes
    along."""
    count[0] += 1
    print('%sok %d - %s' % ('' if good else 'not ', count[0], name))
    if not good:
        count[1] += 1
        if detail is not None:
            for line in str(detail).splitlines()[:20]:
                print('#  ' + line[:600])
    sys.stdout.flush()
    return bool(good)


def same(got, want, name):
    return ok(got == want, name, 'got  %r\nwant %r' % (got, want))


def skip(name, why):
    """A point that cannot be had here."""
    ok(True, '%s # SKIP %s' % (name, why))


def skip_all(why):
    """Ends a test that cannot be had here at all."""
    print('1..0 # SKIP ' + why)
    sys.exit(0)


def until(what, seconds=30):
    """Polls until what() is true; False if it does not come true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def plan():
    """Prints the plan; the exit code of the test."""
    print('1..%d' % count[0], flush=True)
    return int(count[1] != 0)


def done():
    """Prints the plan and ends the test."""
    sys.exit(plan())
