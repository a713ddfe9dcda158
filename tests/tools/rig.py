# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of jpki-token share: the tool, the simulated card, a terminal.  They run inside scripts/with-card."""
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

TOKEN = os.environ.get('JPKI_TOKEN') or str(pathlib.Path(os.environ['JPKI_BUILD']) / 'tools/jpki-token')
READER = 'JPKI Test Reader 00 00'
PATIENCE = 20
# A document as short as can be, its numbers right.
OBJECTS = ('<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>',
           '<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>')


class Card:
    """The simulated card behind its control socket."""

    def __init__(self, suffix=''):
        self.socket = os.environ['JPKI_CARD_CTL' + suffix]
        self.export = pathlib.Path(os.environ['JPKI_CARD_EXPORT' + suffix])

    def ask(self, *words):
        return subprocess.run([os.environ['JPKI_SIMCARD'], '--ctl', self.socket, *words], check=True, text=True,
                              capture_output=True).stdout.strip()

    def stats(self):
        return json.loads(self.ask('stats'))

    def become(self, *words):
        """Another kind of card, put in afresh with full counters as its profile has them."""
        self.ask('eject')
        await_reader(present=False)
        for word in words:
            self.ask('set', word)
        self.ask('insert')
        await_reader(present=True)
        self.ask('reset-stats')


def await_reader(present):
    """Wait until pcscd has noticed; asked without touching the card."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = json.loads(run('status', '--json', '--reader', READER).stdout)['readers'][0]
        if (found['error'] != 'no-card') == present:
            return
        time.sleep(0.1)
    raise AssertionError(f'the reader never noticed that the card is {"there" if present else "gone"}')


def display_start(start, screen):
    """What start(words, pass_fds) gives back of an X server, and its display.  The server of another rig, whose processes
    cannot be seen from here, may take the number at the same moment: then ours ends, and the next one finds another."""
    for _ in range(5):
        read_end, write_end = os.pipe()
        server = start(['Xvfb', '-displayfd', str(write_end), '-screen', '0', screen, '-nolisten', 'tcp'], [write_end])
        os.close(write_end)
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()
        if number:
            return server, ':' + number
    raise AssertionError('Xvfb did not start')


def locales_make():
    """A folder with ja_JP.UTF-8, as a Japanese desktop has it: in C.UTF-8 newer C libraries translate nothing."""
    folder = pathlib.Path(os.environ['JPKI_BUILD']) / 'tests/tools/locales'
    if not (folder / 'ja_JP.UTF-8').is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as own:
            made = pathlib.Path(own) / 'ja_JP.UTF-8'
            done = subprocess.run(['localedef', '-i', 'ja_JP', '-f', 'UTF-8', str(made)], check=False,
                                  capture_output=True)
            if not made.is_dir():
                raise AssertionError('no Japanese locale could be made (Debian: locales): ' + done.stderr.decode())
            try:
                made.rename(folder / made.name)
            except OSError:  # another test was quicker
                pass
    return str(folder)


def environment(lang):
    """LANG alone says the language, as it does on most desktops."""
    env = dict(os.environ, LANG='C.UTF-8', TEXTDOMAINDIR=str(pathlib.Path(os.environ['JPKI_BUILD']) / 'po'),
               TERM='dumb', TZ='Asia/Tokyo')
    for name in ('LC_ALL', 'LC_MESSAGES', 'LANGUAGE'):
        env.pop(name, None)
    if lang == 'ja':
        env.update(LANG='ja_JP.UTF-8', LOCPATH=locales_make())
    return env


def run(*words, lang='en', pins=None, prefix=(), env=None):
    """The tool without a terminal; pins are lines on --pin-fd 0."""
    words = [*prefix, TOKEN, *words] + ([] if pins is None else ['--pin-fd', '0'])
    return subprocess.run(words, env={**environment(lang), **(env or {})}, text=True, capture_output=True, check=False,
                          input=''.join(pin + '\n' for pin in pins or []), start_new_session=True)


class Terminal:
    """The tool on a terminal of its own."""

    def __init__(self, *words, lang='en', columns=100):
        self.text, self.status = '', None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(TOKEN, [TOKEN, *words], {**environment(lang), 'COLUMNS': str(columns)})

    def read(self):
        """One piece of output; False at its end."""
        ready, _, _ = select.select([self.fd], [], [], PATIENCE)
        if not ready:
            raise AssertionError('nothing more came after:\n' + self.text)
        try:
            piece = os.read(self.fd, 4096)
        except OSError:  # the other side is closed
            return False
        self.text += piece.decode(errors='replace')
        return bool(piece)

    def expect(self, text, count=1):
        while self.text.count(text) < count:
            if not self.read():
                raise AssertionError(f'{text!r} never came; there was:\n{self.text}')

    def answer(self, prompt, line, count=1):
        self.expect(prompt, count)
        os.write(self.fd, line.encode() + b'\n')

    def end(self):
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.status = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        return self.status


# who asks for which PIN, and apt for leave; looked for at the end of what was printed
ASKS = ((re.compile(r"(for 'JPKI User Authentication'|PIN for user authentication|User Authentication|"
                    r"利用者証明用電子証明書の暗証番号（数字4桁）).{0,40}[:：] ?$", re.DOTALL), '1234'),
        (re.compile(r'[Ee]nter passphrase for PKCS#11: ?$|Password for \'cert:[^\n]*: ?$|Enter PIN: ?$'), '1234'),
        (re.compile(r'(Enter Passphrase for keystore|Keystore password for signer #1|'
                    r'キーストアのパスワードを入力してください): ?$'), '1234'),
        (re.compile(r'(Password for digital signatures|署名用電子証明書の暗証番号（英数字6～16桁）)[:：] ?$'), 'ABC123'),
        (re.compile(r'\? \[Y/n\] ?$'), 'y'))


def block_run(text, home, limit, env):
    """Exit status and output of the commands of a page on a terminal, by somebody who knows the answers."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execve('/bin/bash', ['bash', '-e', '-o', 'pipefail', '-c', text], env)
    output, answered, deadline = '', 0, time.monotonic() + limit
    while time.monotonic() < deadline:
        ready, _, _ = select.select([fd], [], [], 0.2)
        if ready:
            try:
                piece = os.read(fd, 4096)
            except OSError:
                break
            if not piece:
                break
            output += piece.decode(errors='replace')
            continue
        for pattern, word in ASKS:
            if pattern.search(output[answered:]):
                answered = len(output)
                os.write(fd, word.encode() + b'\n')
                break
    else:
        os.kill(pid, 9)
    _, status = os.waitpid(pid, 0)
    return status, output


def document(objects=OBJECTS, trailer=''):
    text, places = '%PDF-1.4\n', []
    for number, body in enumerate(objects, 1):
        places.append(len(text))
        text += f'{number} 0 obj\n{body}\nendobj\n'
    table = ''.join(f'{at:010} 00000 n \n' for at in places)
    return (text + f'xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<</Root 1 0 R/Size {len(objects) + 1}'
            f'{trailer}>>\nstartxref\n{len(text)}\n%%EOF\n').encode()


class Checks:
    """Lines "ok - NAME" and "not ok - NAME"; end() is the exit status."""

    def __init__(self):
        self.failed = 0

    def that(self, name, good, detail=''):
        print(f'{"ok" if good else "not ok"} - {name}', flush=True)
        if not good:
            self.failed += 1
            print('\n'.join('#   ' + line for line in str(detail).splitlines()), flush=True)

    def result(self, name, done, status, *texts):
        """A finished run: its exit status and what its output must hold."""
        output = done.text if isinstance(done, Terminal) else done.stdout + done.stderr
        code = done.status if isinstance(done, Terminal) else done.returncode
        flat = re.sub(r'[ \r\n]+', ' ', output)
        missing = [text for text in texts if text not in flat]
        self.that(name, code == status and not missing, f'status {code}, expected {status}; missing: {missing}\n{output}')

    def end(self):
        sys.exit(1 if self.failed else 0)


def steady(text):
    """Without what changes from day to day, and as wide as before."""
    text = re.sub(r'\b20\d{2}-\d{2}-\d{2}\b', '0000-00-00', text)
    return re.sub(r'(expires in |expired |あと |^ +)\d+(?= days?| 日)', r'\g<1>N', text, flags=re.MULTILINE)
