# SPDX-License-Identifier: BSD-3-Clause
"""Run by deaf.sh.  The private pcscd is stopped while the card is at work on a VERIFY, and goes on much later.  What a
thread beside it asks meanwhile can be told without pcscd; the bounds are those of a process that would stand still."""
import ctypes
import os
import pathlib
import signal
import threading
import time

import rig

OK, FUNCTION_FAILED, NO_EVENT = 0, 6, 8
INITIALIZE, FINALIZE, GET_SLOT_LIST, GET_SLOT_INFO, GET_TOKEN_INFO = 0, 1, 4, 5, 6
OPEN_SESSION, GET_SESSION_INFO, LOGIN, WAIT_FOR_SLOT_EVENT = 12, 15, 18, 67
PROMPT, GIVES_UP = 1, 5  # seconds, as in stopped.sh: for a look, for C_Finalize

check = rig.Checks()
card = rig.Card()
trace = pathlib.Path(os.environ['JPKI_RIG'], 'trace')
Long = ctypes.c_ulong


def module_load():
    library = ctypes.CDLL(os.environ['JPKI_MODULE'])
    table = ctypes.c_void_p()
    assert library.C_GetFunctionList(ctypes.byref(table)) == 0
    return (ctypes.c_void_p * 68).from_address(table.value + ctypes.sizeof(ctypes.c_void_p))


entries = module_load()


def call(index, *arguments):
    return ctypes.CFUNCTYPE(Long)(entries[index])(*arguments)


def pcscd_find():
    """The pcscd of this rig."""
    for entry in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        words = entry.read_bytes()
        if b'pcscd\0' in words and os.fsencode(os.environ['JPKI_RIG']) in words:
            return int(entry.parent.name)
    raise AssertionError('no pcscd of this rig')


def session_open():
    slots, count, session = (Long * 8)(), Long(8), Long()
    assert call(GET_SLOT_LIST, ctypes.c_ubyte(1), slots, ctypes.byref(count)) == OK
    assert call(OPEN_SESSION, Long(slots[0]), Long(6), None, None, ctypes.byref(session)) == OK
    return slots[0], session


class Login(threading.Thread):
    """A thread that logs in, and pcscd stopped once the card is at its VERIFY."""

    def __init__(self, session):
        super().__init__(daemon=True)
        self.session, self.answer = session, None
        card.ask('set', 'slow-ms=1000')
        card.ask('reset-stats')
        card.ask('trace', 'on', str(trace))
        self.start()
        deadline = time.monotonic() + rig.PATIENCE
        while 'bytes not shown' not in trace.read_text(encoding='ascii'):  # a PIN
            assert time.monotonic() < deadline, trace.read_text(encoding='ascii')
            time.sleep(0.02)
        os.kill(pcscd, signal.SIGSTOP)

    def run(self):
        self.answer = call(LOGIN, self.session, Long(1), b'1234', Long(4))

    def go_on(self):
        os.kill(pcscd, signal.SIGCONT)
        self.join(60)
        card.ask('set', 'slow-ms=0')
        card.ask('trace', 'off')
        trace.unlink()
        return self.answer


def own_time():
    """Seconds of a clock that stands still while this thread could run and others did."""
    kept = pathlib.Path('/proc/thread-self/schedstat').read_text(encoding='ascii').split()[1]
    return time.monotonic() - int(kept) / 1e9


def timed(name, expected, index, *arguments, bound=PROMPT):
    began = own_time()
    answer = call(index, *arguments)
    took = own_time() - began
    check.that(f'{name} while pcscd stands still in a VERIFY', answer in expected and took < bound, (answer, took))


def sent_once(name):
    stats = card.stats()
    check.that(f'{name}: the PIN was sent once, no try was lost',
               stats['verifies_with_data']['auth'] == 1 and stats['tries']['auth'] == 3, stats)


pcscd = pcscd_find()
assert call(INITIALIZE, None) == OK
slot, handle = session_open()
login = Login(handle)
info = ctypes.create_string_buffer(512)
found = Long()
for _ in range(3):
    timed('C_GetSlotInfo', (OK,), GET_SLOT_INFO, Long(slot), info)
    timed('C_GetTokenInfo', (OK,), GET_TOKEN_INFO, Long(slot), info)
    timed('C_GetSessionInfo', (OK,), GET_SESSION_INFO, handle, info)
    timed('C_WaitForSlotEvent, asking', (OK, NO_EVENT), WAIT_FOR_SLOT_EVENT, Long(1), ctypes.byref(found), None)
check.that('C_Login ends well once pcscd goes on', login.go_on() == OK, login.answer)
sent_once('C_Login')
assert call(FINALIZE, None) == OK
assert call(INITIALIZE, None) == OK
slot, handle = session_open()
login = Login(handle)
timed('C_Finalize', (FUNCTION_FAILED,), FINALIZE, None, bound=GIVES_UP)
login.go_on()
sent_once('C_Finalize')
check.end()
