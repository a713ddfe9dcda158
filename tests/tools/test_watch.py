#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""watch --notify in front of a real notification daemon (dunst) on a display of its own, in both languages.

What the person is shown is what the daemon was sent, heard on the bus; an urgent one it leaves standing until it is closed.
JPKI_SHOTS=DIR keeps a picture of each notice, as docs/images has them.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import rig

NEEDED = ('dunst', 'Xvfb', 'import', 'dbus-run-session', 'dbus-monitor', 'pkcs11-tool')
QUIET = 4        # seconds in which nothing may happen
SETTLED = 3      # seconds after which nothing more is under way: a look at a card may wait two, and the machine be busy
NORMAL, CRITICAL = 1, 2  # of the specification: daemons take the first away after a while, the second never by themselves
SHOTS = os.environ.get('JPKI_SHOTS')
DUNSTRC = """[global]
monitor = 0
width = 520
height = 400
offset = 12x12
origin = top-right
padding = 14
horizontal_padding = 14
font = Noto Sans CJK JP 11
format = "<b>%s</b>\\n%b"
markup = full
alignment = left
word_wrap = yes
icon_position = off
frame_width = 2
[urgency_normal]
background = "#f6f6f6"
foreground = "#202020"
frame_color = "#7890a8"
timeout = 0
[urgency_critical]
background = "#fff4f0"
foreground = "#401010"
frame_color = "#c03020"
timeout = 0
"""

Notice = collections.namedtuple('Notice', 'urgency text')
check = rig.Checks()
card = rig.Card()
services = []


class Desktop:
    """Display, daemon and watcher of a person with this language; notices is what the daemon was sent."""

    def __init__(self, lang, folder):
        self.env = {**rig.environment(lang), 'HOME': str(folder), 'XDG_CONFIG_HOME': str(folder),
                    'XDG_RUNTIME_DIR': f'/run/user/{os.geteuid()}', 'LC_ALL': rig.environment(lang)['LANG']}
        self.notices, self.lang, self.children = [], lang, []
        (folder / 'dunstrc').write_text(DUNSTRC, encoding='utf-8')
        _, self.env['DISPLAY'] = rig.display_start(lambda words, fds: self.start(words, pass_fds=fds), '560x420x24')
        self.start(['dunst', '-config', str(folder / 'dunstrc')])
        monitor = self.start(['dbus-monitor', "interface='org.freedesktop.Notifications',member='Notify'"],
                             stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.hear, args=(monitor.stdout,), daemon=True).start()
        await_true(self.daemon_there, 'dunst')
        self.watcher = None

    def start(self, words, **more):
        child = subprocess.Popen(words, env=self.env, stdin=subprocess.DEVNULL, **{'stderr': subprocess.DEVNULL, **more})
        self.children.append(child)
        return child

    def daemon_there(self):
        asked = subprocess.run(['dbus-send', '--print-reply', '--dest=org.freedesktop.DBus', '/', '--type=method_call',
                                'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.Notifications'], env=self.env,
                               text=True, capture_output=True, check=False)
        return 'boolean true' in asked.stdout

    def watch(self, *words):
        self.watcher = self.start([rig.TOKEN, 'watch', '--notify', *words], stderr=subprocess.PIPE, text=True)

    def hear(self, lines):
        """Summary and body are the last two texts of a call, and a text may have lines of its own; then come the hints."""
        strings, text, urgency = [], None, None
        for line in lines:
            if text is not None:
                text += line
            elif 'member=Notify' in line:
                strings, urgency = [], None
            elif line.startswith('   string "'):
                text = line.removeprefix('   string "')
            elif hint := re.fullmatch(r' +variant +byte (\d+)\n', line):  # the only hint of this type
                urgency = int(hint[1])
            elif line.startswith('   int32 '):
                self.notices.append(Notice(urgency, f'{strings[2]}\n{strings[3]}'))
            if text is not None and text.endswith('"\n'):
                strings.append(text[:-2])
                text = None

    def shot(self, name):
        if SHOTS:
            time.sleep(1)
            picture = f'{SHOTS}/{name}-{self.lang}.png'
            subprocess.run(['import', '-window', 'root', '-trim', '+repage', picture], env=self.env, check=True)

    def clear(self):
        subprocess.run(['dunstctl', 'close-all'], env=self.env, check=True)
        self.notices.clear()
        card.ask('reset-stats')

    def end(self):
        for child in reversed(self.children):
            child.terminate()
            child.wait()


def await_true(question, what):
    deadline = time.monotonic() + rig.PATIENCE
    while time.monotonic() < deadline:
        if question():
            return
        time.sleep(0.05)
    raise AssertionError(f'{what}: not within {rig.PATIENCE} s')


def exchanges():
    return card.stats()['exchanges']


def held():
    """A program that is connected to the card by PC/SC, until its input ends."""
    text = ('import ctypes, sys\np = ctypes.CDLL("libpcsclite.so.1")\nc, h, o = (ctypes.c_long() for _ in range(3))\n'
            'p.SCardEstablishContext(2, None, None, ctypes.byref(c))\n'
            f'p.SCardConnect(c, {rig.READER.encode()!r}, 2, 3, ctypes.byref(h), ctypes.byref(o))\n'
            'print("held", flush=True)\nsys.stdin.read()\np.SCardDisconnect(h, 0)\n')
    child = subprocess.Popen([sys.executable, '-c', text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == 'held\n'
    return child


def settled():
    """Wait for the end of what is under way."""
    before = -1
    while exchanges() != before:
        before = exchanges()
        time.sleep(SETTLED)


def silence(desktop, name, because=''):
    """Nothing is asked of the card, and nothing shown."""
    settled()
    card.ask('reset-stats')
    desktop.notices.clear()
    time.sleep(QUIET)
    check.that(name, exchanges() == 0 and not desktop.notices, f'{exchanges()} exchanges {desktop.notices} {because}')


def put_in(desktop, *words):
    """A card of this kind is put in; what is shown, and what it cost."""
    card.ask('eject')
    rig.await_reader(present=False)
    for word in words:
        card.ask('set', word)
    desktop.clear()
    card.ask('insert')


def told(desktop, urgency, texts):
    """One notice so urgent and with these texts comes, and no second one."""
    try:
        await_true(lambda: desktop.notices, 'a notice')
        time.sleep(1)
    except AssertionError:
        return False
    return (len(desktop.notices) == 1 and desktop.notices[0].urgency == urgency and
            all(text in desktop.notices[0].text for text in texts))


def shown(desktop, name, urgency, texts):
    """What the card that was put in is reason for, and it cost no try."""
    good = told(desktop, urgency, texts)
    stats = card.stats()
    check.that(f'{desktop.lang}: {name}', good and sum(stats['verifies_with_data'].values()) == 0 and not stats['unlocked'],
               f'{desktop.notices} {stats}')
    desktop.shot(name.replace(' ', '-'))


AUTH = {'en': 'User authentication', 'ja': '利用者証明用電子証明書'}
SIGN = {'en': 'Digital signature', 'ja': '署名用電子証明書'}
WORDS = {'en': {'expiring': ('My Number Card', 'renew it now at the counter'), 'expired': ('expired', 'issues a new one'),
                'locked': ('LOCKED', 'counter of your municipality'), 'sign-locked': ('LOCKED', 'convenience store'),
                'last': ('1 of 3', '1 of 5', 'One more wrong one locks it'),
                'sign-lost': ('a try was lost', '4 of 5', "pin verify sign'"),
                'lost': ('a try was lost', '2 of 3', "pin verify auth'"),
                'lost-last': ('a try was lost', '1 of 3', 'One more wrong')},
         'ja': {'expiring': ('マイナンバーカード', '窓口で更新'), 'expired': ('満了しました', '発行を受けられます'),
                'locked': ('ロック', '市区町村の窓口'), 'sign-locked': ('ロック', 'コンビニの端末'),
                'last': ('残り 1 回（全 3 回）', '残り 1 回（全 5 回）', 'もう一度間違えるとロック'),
                'sign-lost': ('残り回数が減りました', '残り 4 回（全 5 回）', 'pin verify sign」'),
                'lost': ('残り回数が減りました', '残り 2 回（全 3 回）', 'pin verify auth」'),
                'lost-last': ('残り回数が減りました', '残り 1 回（全 3 回）')}}


def cards_tell(desktop, words):
    auth, sign = AUTH[desktop.lang], SIGN[desktop.lang]
    put_in(desktop, 'profile=expiring')
    shown(desktop, 'certificate ends', NORMAL, words['expiring'])
    silence(desktop, f'{desktop.lang}: and is not read again while nothing changes')
    for profile, name, texts in (('expired', 'certificate has ended', words['expired']),
                                 ('authblocked', 'PIN locked', (auth, *words['locked'])),
                                 ('signblocked', 'signature password locked', (sign, *words['sign-locked'])),
                                 ('lasttry', 'one try left', (auth, sign, *words['last']))):
        put_in(desktop, f'profile={profile}')
        shown(desktop, name, CRITICAL, texts)


def wrong_pin(token, value, last):
    """By a program that says nothing of tries; the last one has to be asked for."""
    if last:
        rig.run('pin', 'verify', 'auth', '--use-last-try', pins=[value])
        return
    subprocess.run(['pkcs11-tool', '--module', os.environ['JPKI_MODULE'], '--token-label', token, '--login', '--pin', value,
                    '-O'], capture_output=True, check=False)


def refusals_tell(desktop, words):
    put_in(desktop, 'profile=normal')
    await_true(exchanges, 'the look at the card')
    settled()
    looked = exchanges()
    card.ask('reset-stats')
    rig.run('status')
    check.that(f'{desktop.lang}: a card is looked at once, as status does', looked == exchanges(), (looked, exchanges()))
    silence(desktop, f'{desktop.lang}: a card with nothing to tell is told nothing of')
    auth, sign = ('JPKI User Authentication', AUTH[desktop.lang]), ('JPKI Digital Signature', SIGN[desktop.lang])
    for name, (token, pin), value, urgency, texts in (
            ('a try of the signature password was lost', sign, 'WRONG1', NORMAL, words['sign-lost']),
            ('a try was lost', auth, '9991', NORMAL, words['lost']),
            ('the second one', auth, '9992', CRITICAL, words['lost-last']),
            ('the last one', auth, '9993', CRITICAL, words['locked'])):
        desktop.notices.clear()
        wrong_pin(token, value, value == '9993')
        before = exchanges()
        good = told(desktop, urgency, (pin, *texts))
        check.that(f'{desktop.lang}: {name}, and it costs nothing', good and exchanges() == before,
                   f'{desktop.notices} {exchanges()} {before}')
        desktop.shot(name.replace(' ', '-'))


def others_first(desktop):
    """A card that another program works with is left alone until that has ended."""
    put_in(desktop, 'profile=normal')
    await_true(exchanges, 'the look at the card')
    settled()
    other = held()
    watcher, desktop.watcher = desktop.watcher, None
    watcher.terminate()
    watcher.wait()
    card.ask('set', 'tries-auth=2')
    desktop.watch()
    silence(desktop, 'another program works with the card: no exchange')
    other.communicate()
    await_true(lambda: desktop.notices, 'the notice afterwards')
    check.that('when it has ended, once', '2 of 3' in desktop.notices[0].text and len(desktop.notices) == 1, desktop.notices)


def service_anew(desktop, words):
    """pcscd ends and another one comes, as an update of its package has it."""
    own = os.readlink('/proc/self/ns/net')
    (process,) = [place.parent for place in pathlib.Path('/proc').glob('[0-9]*/comm')
                  if place.read_text(encoding='utf-8') == 'pcscd\n' and os.readlink(place.parent / 'ns/net') == own]
    command = (process / 'cmdline').read_text(encoding='utf-8').split('\0')[:-1]
    card.ask('eject')
    rig.await_reader(present=False)
    os.kill(int(process.name), signal.SIGTERM)
    for service in services:
        service.wait()
    await_true(lambda: not process.exists(), 'the end of pcscd')
    card.ask('set', 'profile=expiring')
    desktop.clear()
    services.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL))
    card.ask('insert')
    shown(desktop, 'certificate ends, with pcscd anew', NORMAL, words['expiring'])
    put_in(desktop, 'profile=lasttry')
    shown(desktop, 'one try left, with pcscd anew', CRITICAL, words['last'])


def desktop_ends():
    done = rig.run('watch', '--notify', env={'DBUS_SESSION_BUS_ADDRESS': 'unix:path=/nowhere'})
    check.result('no desktop: it says so', done, 1, 'no desktop to show notices on')


def second_one(desktop):
    done = rig.run('watch', '--notify', env=desktop.env)
    check.result('a second one says that one runs', done, 2, 'runs already')
    place = pathlib.Path(f'/run/user/{os.geteuid()}/jpki-token.watch')
    check.that('nobody else can tell it anything', place.stat().st_mode & 0o077 == 0, oct(place.stat().st_mode))
    desktop.notices.clear()
    subprocess.run([sys.executable, '-c', 'import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n'
                    'for news in (b"", b"x", b"\\1\\0\\3\\3", b"\\1\\7\\1\\3", b"\\2\\0\\1\\3", b"\\1\\0\\1\\3more"):\n'
                    f'    s.sendto(news, {str(place)!r})'], check=True)
    time.sleep(1)
    check.that('what makes no sense is not shown', not desktop.notices and desktop.watcher.poll() is None, desktop.notices)


def inside():
    for lang, words in WORDS.items():
        with tempfile.TemporaryDirectory() as folder:
            desktop = Desktop(lang, pathlib.Path(folder))
            card.ask('eject')
            desktop.watch()
            cards_tell(desktop, words)
            refusals_tell(desktop, words)
            service_anew(desktop, words)
            if lang == 'en':
                others_first(desktop)
                second_one(desktop)
            desktop.end()
    desktop_ends()
    check.end()


def main():
    missing = [name for name in NEEDED if shutil.which(name) is None]
    built = 'without desktop notices' not in rig.run('watch', '--notify', env={'DBUS_SESSION_BUS_ADDRESS': 'unix:x'}).stderr
    if missing or not built:
        print('SKIPPED: needs', ', '.join(missing) or 'libsystemd')
        sys.exit(77)
    if len(sys.argv) > 1:
        inside()
    os.execvp('dbus-run-session', ['dbus-run-session', '--', sys.executable, __file__, 'inside'])


main()
