#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""jpki-token as a script or a shell runs it: in the background, with streams that are closed, into a pager that quits."""
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

import rig

check = rig.Checks()
card = rig.Card()
VERIFY = ['pin', 'verify', 'auth', '--reader', rig.READER]
PROMPT = 'PIN for user authentication'


def costs(name, verifies):
    stats = card.stats()
    check.that(f'{name}: {verifies} VERIFY, three tries, locked',
               sum(stats['verifies_with_data'].values()) == verifies and stats['tries'] == {'auth': 3, 'sign': 5}
               and not stats['unlocked'], stats)
    card.ask('reset-stats')


class Shell:
    """A shell with a terminal and one job, which begins in the background.  ignored: signals that the job never gets."""

    def __init__(self, ignored=()):
        self.results, back = os.pipe()
        orders, self.orders = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            job = os.fork()
            if job == 0:
                os.setpgid(0, 0)
                for number in (signal.SIGTTOU, signal.SIGTTIN):
                    signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
                os.execve(rig.TOKEN, [rig.TOKEN, *VERIFY], rig.environment('en'))
            for _ in range(2):
                _, status = os.waitpid(job, os.WUNTRACED)
                echo = termios.tcgetattr(0)[3] & termios.ECHO != 0
                stopped = os.WIFSTOPPED(status)
                what = ('stopped' if stopped else 'ended', str(status >> 8), 'echo' if echo else 'silent')
                os.write(back, ' '.join(what).encode())
                if not stopped:
                    break
                os.read(orders, 1)  # fg
                os.tcsetpgrp(0, job)
                os.kill(job, signal.SIGCONT)
            os._exit(0)
        os.close(back)
        self.text = ''

    expect, read = rig.Terminal.expect, rig.Terminal.read

    def told(self):
        ready, _, _ = select.select([self.results], [], [], rig.PATIENCE)
        return os.read(self.results, 100).decode().split() if ready else ['nothing']

    def end(self):
        os.kill(self.pid, signal.SIGHUP)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        os.close(self.results)
        os.close(self.orders)


shell = Shell()
end = time.monotonic() + 3
echoed = True
while time.monotonic() < end:  # whatever the job does, and whenever: the person at the terminal sees what is typed
    echoed = echoed and termios.tcgetattr(shell.fd)[3] & termios.ECHO != 0
    time.sleep(0.02)
check.that('a job in the background leaves the echo of the terminal', echoed)
told = shell.told() if echoed else ['nothing']
check.that('it waits for the terminal, stopped by the signal that shells know',
           told in (['stopped', str(int(signal.SIGTTIN)), 'echo'], ['stopped', str(int(signal.SIGTTOU)), 'echo']), told)
if told[0] == 'stopped':
    os.write(shell.orders, b'f')
    shell.expect(PROMPT)
    os.write(shell.fd, b'1234\n')
    shell.expect('is right')
    check.that('in front it asks, and the terminal is as before', shell.told() == ['ended', '0', 'echo'], shell.text)
shell.end()
costs('a job in the background', 1)

shell = Shell(ignored=(signal.SIGTTOU, signal.SIGTTIN))
told = shell.told()
check.that('a job that cannot be stopped ends, and the echo stays', told == ['ended', '6', 'echo'], (told, shell.text))
shell.end()
costs('a job that cannot be stopped', 0)


# Streams that are closed: no file of ours may get their numbers.
def closed(numbers, *words, pins=None):
    lines, more = tempfile.TemporaryFile(), {}
    if pins is not None:
        lines.write(pins)
        lines.seek(0)
        more = {'pass_fds': (lines.fileno(),)}
        words = [*words, '--pin-fd', str(lines.fileno())]

    def close():
        for number in numbers:
            os.close(number)
    with lines:
        return subprocess.run([rig.TOKEN, *words], env=rig.environment('en'), capture_output=True, text=True, check=False,
                              preexec_fn=close, timeout=rig.PATIENCE, **more)


for numbers in ((0,), (2,), (0, 2)):
    done = closed(numbers, 'status', '--reader', rig.READER)
    check.that(f'closed {numbers}: status', done.returncode == 0 and '3 of 3 tries' in done.stdout, done)
    done = closed(numbers, *VERIFY, pins=b'1234\n')
    check.that(f'closed {numbers}: pin verify', done.returncode == 0 and done.stdout.count('\n') == 1, done)
    costs(f'closed {numbers}', 1)
for numbers in ((1,), (0, 1), (0, 1, 2)):
    done = closed(numbers, 'status', '--reader', rig.READER)
    check.that(f'closed {numbers}: nothing to write to is a failure', done.returncode == 1, done)
    check.that(f'closed {numbers}: which is said', 2 in numbers or 'cannot be written' in done.stderr, done)
    closed(numbers, *VERIFY, pins=b'1234\n')
    costs(f'closed {numbers}', 1)
done = subprocess.run([rig.TOKEN, *VERIFY, '--pin-fd', '9'], env=rig.environment('en'), capture_output=True, text=True,
                      check=False, timeout=rig.PATIENCE, close_fds=True, stdin=subprocess.DEVNULL)
check.result('--pin-fd of what is not open', done, 2, 'file descriptor 9 is not open')
with open('/dev/full', 'w', encoding='utf-8') as full:
    done = subprocess.run([rig.TOKEN, 'status'], env=rig.environment('en'), stdout=full, stderr=subprocess.PIPE, text=True,
                          check=False)
check.that('a full disk is said', done.returncode == 1 and 'No space left' in done.stderr, done)


# A pager that quits.
def piped(words, lines, **more):
    """The tool into somebody who reads some lines and goes; its end and what it said, None: it never ended."""
    read_end, write_end = os.pipe()
    with open(read_end, encoding='utf-8', buffering=1) as pager:
        if lines == 0:
            pager.close()  # before the tool can have written all it has
        tool = subprocess.Popen([rig.TOKEN, *words], env=rig.environment('en'), stdout=write_end, stderr=subprocess.PIPE,
                                text=True, **more)
        os.close(write_end)
        for _ in range(lines):
            pager.readline()
    with tool:
        try:
            tool.wait(timeout=15)
        except subprocess.TimeoutExpired:
            tool.kill()
            return None
        return tool.returncode, tool.stderr.read()


for words, lines in ((['status'], 0), (['cert', 'show', 'auth-ca'], 0), (['doctor', '--json'], 0),
                     (['status', '--watch', '--reader', rig.READER], 3)):
    name = ' '.join(words[:2])
    check.that(f'{name}: a pager that quits ends it in silence', (done := piped(words, lines)) in
               ((-signal.SIGPIPE, ''), (1, '')), done)
    done = piped(words, lines, preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN), restore_signals=False)
    check.that(f'{name}: also where the signal is ignored', done in ((1, ''), (8, '')), done)
costs('a pager that quits', 0)
sys.stdout.flush()
check.end()
