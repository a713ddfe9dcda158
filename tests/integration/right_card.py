# SPDX-License-Identifier: BSD-3-Clause
"""Run by right-card.sh.  Another person's card, with the same PIN, takes the place of the one that a session or a prompt of
jpki-token was opened on, and another program resets it: of the two pcscd tells an old connection the reset alone."""
import ctypes
import os
import time

import rig

SWAPPED = 'holder=2'
OK, DEVICE_REMOVED = 0, 0x32
SHARED, ANY_PROTOCOL, RESET_CARD = 2, 3, 1
INITIALIZE, FINALIZE, GET_SLOT_LIST, SET_PIN, OPEN_SESSION, CLOSE_SESSION, LOGIN, LOGOUT = 0, 1, 4, 11, 12, 13, 18, 19

check = rig.Checks()
card = rig.Card()
pcsc = ctypes.CDLL('libpcsclite.so.1')
Long, Handle = ctypes.c_ulong, ctypes.c_long


class OtherProgram:
    """Somebody else at the same pcscd."""

    def __init__(self):
        self.context = Handle()
        assert pcsc.SCardEstablishContext(Long(2), None, None, ctypes.byref(self.context)) == 0

    def reset(self):
        """Connect to what lies there now, and reset it."""
        handle, protocol = Handle(), Long()
        deadline = time.monotonic() + rig.PATIENCE
        while pcsc.SCardConnect(self.context, rig.READER.encode(), Long(SHARED), Long(ANY_PROTOCOL), ctypes.byref(handle),
                                ctypes.byref(protocol)) != 0:
            assert time.monotonic() < deadline, 'no card to connect to'
            time.sleep(0.05)
        assert pcsc.SCardDisconnect(handle, Long(RESET_CARD)) == 0


class Module:
    """The module by its list of functions."""

    def __init__(self):
        library = ctypes.CDLL(os.environ['JPKI_MODULE'])
        table = ctypes.c_void_p()
        assert library.C_GetFunctionList(ctypes.byref(table)) == 0
        self.entries = (ctypes.c_void_p * 68).from_address(table.value + ctypes.sizeof(ctypes.c_void_p))

    def call(self, index, *arguments):
        return ctypes.CFUNCTYPE(Long)(self.entries[index])(*arguments)

    def session(self):
        """On the first slot: authentication."""
        session, count = Long(), Long(8)
        slots = (Long * 8)()
        assert self.call(GET_SLOT_LIST, ctypes.c_ubyte(1), slots, ctypes.byref(count)) == OK
        assert self.call(OPEN_SESSION, Long(slots[0]), Long(6), None, None,
                         ctypes.byref(session)) == OK
        return session

    def login(self, session, pin=b'1234'):
        return self.call(LOGIN, session, Long(1), pin, Long(len(pin)))

    def set_pin(self, session, old=b'1234', new=b'5678'):
        return self.call(SET_PIN, session, old, Long(len(old)), new, Long(len(new)))


def swap(words=SWAPPED):
    """Out, and the other one in, seen by pcscd both times.  The other one counts from nothing."""
    card.ask('eject')
    rig.await_reader(present=False)
    card.ask('swap', *words.split())
    card.ask('insert')
    rig.await_reader(present=True)
    card.ask('reset-stats')


def begin():
    """The first card, whole, and the second one too, both with the PIN that they were made with."""
    for words in ('holder=2', 'holder=1'):
        swap(words)
        for word in ('tries-auth=3', 'pin-auth=1234'):
            card.ask('set', word)


def untouched(name):
    stats = card.stats()
    check.that(f'{name}: the other card got no PIN', sum(stats['verifies_with_data'].values()) == 0
               and sum(stats['changes'].values()) == 0 and stats['tries']['auth'] == 3, stats)


def module_cases():
    other, module = OtherProgram(), Module()
    assert module.call(INITIALIZE, None) == OK
    for name, deed in (('C_Login', module.login), ('C_SetPIN', module.set_pin)):
        for used in (False, True):
            begin()
            session = module.session()
            if used:  # the connection is kept, and it is an old one after the swap
                assert module.login(session) == OK and module.call(LOGOUT, session) == OK
            swap()
            other.reset()
            where = f'{name} in a session {"that was used" if used else "just opened"}'
            rv = deed(session)
            check.that(f'{where}: CKR_DEVICE_REMOVED', rv == DEVICE_REMOVED, f'0x{rv:X}')
            untouched(where)
            session = module.session()
            check.that(f'{name}: the next session is the other card\'s', module.login(session) == OK)
            module.call(CLOSE_SESSION, session)
    assert module.call(FINALIZE, None) == OK


def prompt_case(name, words, prompts):
    begin()
    other = OtherProgram()
    terminal = rig.Terminal('pin', *words, 'auth', '--reader', rig.READER)
    terminal.expect(prompts[0][0])
    swap()
    other.reset()
    seen = {}
    for prompt, line in prompts:
        seen[prompt] = seen.get(prompt, 0) + 1
        terminal.answer(prompt, line, seen[prompt])
    status = terminal.end()
    check.that(f'{name}: says that it is another card', status == 3 and 'another card' in terminal.text.replace('\r\n', ' '),
               f'status {status}\n{terminal.text}')
    untouched(name)


module_cases()
prompt_case('jpki-token pin verify', ['verify'], [('PIN for user authentication', '1234')])
prompt_case('jpki-token pin change', ['change'], [('Present PIN', '1234'), ('New PIN (4 digits)', '5678'),
                                                  ('New PIN again', '5678')])
check.end()
