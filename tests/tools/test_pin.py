#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""pin change and pin verify with every mistake a person makes, on a terminal and from a script."""
import os
import signal
import termios
import time

import rig

OLD_AUTH, NEW_AUTH, AGAIN = 'Present PIN', 'New PIN (4 digits)', 'New PIN again'
OLD_SIGN, NEW_SIGN, AGAIN_SIGN = 'Present password', 'New password (', 'New password again'
check = rig.Checks()
card = rig.Card()


def costs(name, verifies, changes, tries):
    stats = card.stats()
    sent = sum(stats['verifies_with_data'].values())
    check.that(f'{name}: {verifies} VERIFY, {changes} CHANGE, tries {tries}, locked again',
               sent == verifies and sum(stats['changes'].values()) == changes and stats['tries'] == tries
               and not stats['unlocked'], stats)


def change(name, role, answers, status, *texts, profile='normal', words=(), verifies=0, changes=0, tries=None):
    """answers: prompt and line, in order; a prompt that comes again is waited for again."""
    card.become('profile=' + profile)
    terminal = rig.Terminal('pin', 'change', role, '--reader', rig.READER, *words)
    seen = {}
    for prompt, line in answers:
        seen[prompt] = seen.get(prompt, 0) + 1
        terminal.answer(prompt + '', line, seen[prompt])
    terminal.end()
    check.result(name, terminal, status, *texts)
    shown = [line for _, line in answers if line and line in terminal.text]
    check.that(f'{name}: nothing that was typed is seen', not shown, terminal.text)
    costs(name, verifies, changes, tries or {'auth': 3, 'sign': 5})


change('a change of the PIN', 'auth', [(OLD_AUTH, '1234'), (NEW_AUTH, '5678'), (AGAIN, '5678')], 0, '3 of 3 tries left',
       'was changed', verifies=1, changes=1)
check.result('the new one holds', rig.run('pin', 'verify', 'auth', '--reader', rig.READER, pins=['5678']), 0, 'is right')
change('full-width digits', 'auth', [(OLD_AUTH, '１２３４'), (NEW_AUTH, '5678'), (AGAIN, '５６７８')], 0, 'was changed',
       verifies=1, changes=1)
change('mistyped twice, then right', 'auth', [(OLD_AUTH, '1234'), (NEW_AUTH, '5678'), (AGAIN, '5679'), (NEW_AUTH, '5678'),
                                              (AGAIN, '5678')], 0, 'the two differ', 'was changed', verifies=1, changes=1)
change('mistyped three times', 'auth', [(OLD_AUTH, '1234')] + [(NEW_AUTH, '5678'), (AGAIN, '8765')] * 3, 6, 'the two differ')
change('a wrong old PIN', 'auth', [(OLD_AUTH, '9999'), (NEW_AUTH, '5678'), (AGAIN, '5678')], 4, 'was wrong',
       '2 tries are left', verifies=1, tries={'auth': 2, 'sign': 5})
change('the old one again as new', 'auth', [(OLD_AUTH, '1234'), (NEW_AUTH, '1234'), (AGAIN, '1234')], 6, 'is the old one')
change('an old PIN too short, three times', 'auth', [(OLD_AUTH, '123')] * 3, 6, 'no try was lost', 'exactly 4 digits')
change('a new PIN with a letter', 'auth', [(OLD_AUTH, '1234')] + [(NEW_AUTH, '56a8')] * 3, 6, 'exactly 4 digits')
change('small letters are taken as capitals', 'sign', [(OLD_SIGN, 'abc123'), (NEW_SIGN, 'newpass9'), (AGAIN_SIGN,
                                                                                                      'NEWPASS9')], 0,
       'was changed', verifies=1, changes=1)
change('a new password too short', 'sign', [(OLD_SIGN, 'ABC123')] + [(NEW_SIGN, 'AB12')] * 3, 6, '6 to 16')
change('a new password without a letter', 'sign', [(OLD_SIGN, 'ABC123')] + [(NEW_SIGN, '123456')] * 3, 6,
       'at least one letter')
change('a new password without a digit', 'sign', [(OLD_SIGN, 'ABC123')] + [(NEW_SIGN, 'ABCDEF')] * 3, 6,
       'at least one digit')
change('a sign that no password has', 'sign', [(OLD_SIGN, 'ABC-123')] * 3, 6, 'no try was lost')
change('far too long', 'sign', [(OLD_SIGN, 'A1' * 50)], 6, 'far too long')
change('nothing typed (Ctrl-D)', 'auth', [(OLD_AUTH, '1234'), (NEW_AUTH, '5678'), (AGAIN, '\x04')], 6, 'nothing was typed')
change('one try left', 'auth', [], 6, 'only one try is left', '--use-last-try', profile='lasttry', tries={'auth': 1,
                                                                                                          'sign': 1})
change('one try left, used on purpose', 'auth', [(OLD_AUTH, '1234'), (NEW_AUTH, '5678'), (AGAIN, '5678')], 0, 'was changed',
       profile='lasttry', words=['--use-last-try'], verifies=1, changes=1, tries={'auth': 3, 'sign': 1})
change('the last try wrong', 'sign', [(OLD_SIGN, 'WRONG1'), (NEW_SIGN, 'NEWPASS9'), (AGAIN_SIGN, 'NEWPASS9')], 5,
       'it is locked now',
       'convenience store', profile='lasttry', words=['--use-last-try'], verifies=1, tries={'auth': 1, 'sign': 0})
change('a locked PIN', 'auth', [], 5, 'is locked', 'municipality', profile='authblocked', tries={'auth': 0, 'sign': 5})
change('no PIN was ever set', 'sign', [], 7, 'was ever set', profile='nosign')
change('a Juki card', 'sign', [], 6, 'Juki', profile='juki')

# the card pulled while the person types: nothing is sent, not even if it is put back at once
card.become('profile=normal')
terminal = rig.Terminal('pin', 'change', 'auth', '--reader', rig.READER)
terminal.answer(OLD_AUTH, '1234')
terminal.answer(NEW_AUTH, '5678')
terminal.expect(AGAIN)
card.ask('eject')
rig.await_reader(present=False)
card.ask('insert')
rig.await_reader(present=True)
terminal.answer(AGAIN, '5678')
terminal.end()
check.result('the card pulled and put back', terminal, 3, 'pulled out', 'no try was lost')
costs('the card pulled and put back', 0, 0, {'auth': 3, 'sign': 5})

# Ctrl-C: the terminal as before, the card locked
card.become('profile=normal')
terminal = rig.Terminal('pin', 'verify', 'auth', '--reader', rig.READER)
before = termios.tcgetattr(terminal.fd)
terminal.expect('PIN for user authentication')
during = termios.tcgetattr(terminal.fd)
os.write(terminal.fd, b'12\x03')
while terminal.text.count('\n') < 2 and terminal.read():
    pass
# the last line is written before the terminal is put back, and a busy machine shows it
deadline = time.monotonic() + 5
after = termios.tcgetattr(terminal.fd)
while after[3] & termios.ECHO == 0 and time.monotonic() < deadline:
    time.sleep(0.02)
    after = termios.tcgetattr(terminal.fd)
check.that('no echo while the PIN is typed', during[3] & termios.ECHO == 0)
check.that('Ctrl-C leaves the terminal as it was', after[3] & termios.ECHO != 0 and (after[3] | before[3]) == after[3],
           (before, after))
check.that('Ctrl-C ends it', terminal.end() == 128 + signal.SIGINT, terminal.status)
costs('Ctrl-C', 0, 0, {'auth': 3, 'sign': 5})

# ... also one that comes the moment the question appears
lost = []
for _ in range(20):
    terminal = rig.Terminal('pin', 'verify', 'auth', '--reader', rig.READER)
    terminal.expect('PIN for user authentication')
    os.write(terminal.fd, b'\x03')
    lost += [] if terminal.end() == 128 + signal.SIGINT else [terminal.text]
check.that('no Ctrl-C is lost', not lost, lost)

# scripts
card.become('profile=normal')
check.result('a script changes it', rig.run('pin', 'change', 'auth', '--reader', rig.READER, pins=['1234', '4321']), 0,
             'was changed')
check.result('a script that gives one line', rig.run('pin', 'change', 'auth', '--reader', rig.READER, pins=['4321']), 6,
             'no further line')
check.result('no terminal and no --pin-fd', rig.run('pin', 'verify', 'auth', '--reader', rig.READER), 6, '--pin-fd')
check.result('a PIN as an argument is no way', rig.run('pin', 'verify', 'auth', '1234'), 2, 'Usage')
check.end()
