#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""No reader, no right by polkit, a card that somebody keeps, names from outside: on the card in process, without pcscd."""
import json
import os
import pathlib
import re
import subprocess
import unicodedata

import rig

check = rig.Checks()

WORLDS = {
    'none': ('no card reader was found', 'Connect a reader', 'カードリーダーが見つかりません'),
    'refused': ('you have no right', 'polkit', '権限がありません'),
    'held': ('keeps', 'doctor', '占有しています'),
}
for odd, (what, following, japanese) in WORLDS.items():
    env = {'JPKI_ODD': odd}
    for words in (['status'], ['cert', 'list'], ['pin', 'change', 'auth']):
        check.result(f'{odd}: {" ".join(words)}', rig.run(*words, env=env), 3, what, following)
    check.result(f'{odd}: in Japanese', rig.run('status', lang='ja', env=env), 3, japanese)
    check.result(f'{odd}: doctor finds it', rig.run('doctor', env=env), 8, 'BAD')
long_name = 'SCM Microsystems Inc. SCR 3310 v2.0 with a second name of its own [CCID Interface] (21120514204892) 0%d 00'
for words in (['status'], ['doctor'], ['status', '--reader', '01 00']):
    done = rig.run(*words, env={'JPKI_ODD': 'long'})
    shown = [long_name % number in ' '.join(done.stdout.split()) for number in (0, 1)]
    check.that(f'{" ".join(words)}: long names are whole', shown == ['--reader' not in words, True], done)
check.result('a card in process', rig.run('status', env={'JPKI_ODD': 'many'}), 0, '3 of 3 tries left')
# nothing is bad then but a module that is not installed
configured = (pathlib.Path(os.environ['JPKI_BUILD']) / 'conf.h').read_text(encoding='utf-8')
installed = pathlib.Path(re.search(r'JPKI_MODULE_PATH "(.*)"', configured)[1]).exists()
check.result('and doctor on it', rig.run('doctor', '--json', env={'JPKI_ODD': 'many'}), 0 if installed else 8, '"RSA-PSS"')


# Who refuses, and why pcscd has no reader: each in a machine of its own, as far as namespaces can make one.
WORLD = """
mount -t tmpfs none /run; mount -t tmpfs none /sys; mount -t tmpfs -o mode=755 none /dev
mknod -m 666 /dev/null c 1 3; mkdir -p /run/dbus
service() { cp "$(command -v sleep)" /run/pcscd && "$@" /run/pcscd 60 &
until grep -qsx pcscd /proc/[0-9]*/comm; do :; done; }
bus() { python3 -c 'import socket, time; s = socket.socket(socket.AF_UNIX); s.bind("/run/dbus/system_bus_socket")
s.listen(); time.sleep(60)' & until [ -S /run/dbus/system_bus_socket ]; do :; done; }
reader() { mkdir -p /sys/bus/usb/devices/1-2 "/sys/bus/usb/devices/1-2:1.0" /dev/bus/usb/001
echo 0b >"/sys/bus/usb/devices/1-2:1.0/bInterfaceClass"; echo Odd CCID >/sys/bus/usb/devices/1-2/product
echo 1 >/sys/bus/usb/devices/1-2/busnum; echo 7 >/sys/bus/usb/devices/1-2/devnum
: >/dev/bus/usb/001/007; chmod 664 /dev/bus/usb/001/007; }
"""
REFUSALS = (
    ('an inactive session', 'refused', 'service env; bus', 'polkit does not let you use it', 'readers.md has one'),
    ('hidden processes', 'refused', 'mount -t proc -o hidepid=2 none /proc', 'hides processes (hidepid)', 'gid='),
    ('no D-Bus', 'refused', 'service env', 'no system D-Bus here', '--disable-polkit'),
    ('a container beside pcscd', 'refused', 'bus', 'outside of this container', 'readers.md has one'),
    ('a driver without rights', 'none', 'service setpriv --reuid=65534 --regid=65534 --clear-groups; reader',
     'Odd CCID is plugged in, but pcscd may not open it as nobody (/dev/bus/usb/001/007 0664 root:root)', 'udev rule'),
    ('no driver', 'none', 'service env; reader', 'Odd CCID is plugged in, but pcscd does not know it', 'libccid'),
    ('no reader', 'none', 'service env', 'none was found', 'lsusb'),
)
alone = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
if subprocess.run([*alone, 'sh', '-c', 'mount -t tmpfs none /dev && mknod /dev/null c 1 3'], check=False,
                  capture_output=True).returncode == 0:
    for name, odd, made, found, following in REFUSALS:
        shell = [*alone, 'sh', '-c', WORLD + made + '\n"$@"', 'sh']
        check.result(f'doctor: {name}', rig.run('doctor', prefix=shell, env={'JPKI_ODD': odd}), 8, found, following)
    shell = [*alone, 'sh', '-c', WORLD + REFUSALS[1][2] + '\n"$@"', 'sh']
    check.result('doctor: hidden processes, in Japanese',
                 rig.run('doctor', lang='ja', prefix=shell, env={'JPKI_ODD': 'refused'}), 8, 'hidepid', 'gid= を付けて')
else:
    print('skip - doctor who refuses: no namespace of our own with devices')

# Names that steer a terminal, turn the direction of writing, or are no UTF-8: a reader's, a certificate's, a file's.
def steers(shown):
    """What of the output a terminal would act on; None if it is no UTF-8."""
    try:
        text = shown.decode()
    except UnicodeDecodeError:
        return None
    return [letter for letter in text if letter != '\n' and unicodedata.category(letter) in ('Cc', 'Cf', 'Zl', 'Zp')]


FOREIGN = {'JPKI_ODD': 'foreign'}
for words in (['status'], ['status', '--json'], ['doctor'], ['doctor', '--json'], ['cert', 'show', 'sign'],
              ['cert', 'show', 'sign', '--json'], ['status', '--reader', 'Odd\ufffd]0;pwned'],
              ['cert', 'list', '--reader', '\x1b[31m'], ['cert', 'list', '--what\x1b[31m'], ['cert\x1b[31m'],
              ['sign', '/nowhere/\x1b[31m\udcff']):
    done = subprocess.run([rig.TOKEN, *words, *(['--pin-fd', '0'] if 'sign' in words[1:] else [])], check=False,
                          env={**rig.environment('en'), **FOREIGN}, input=b'ABC123\n', capture_output=True)
    for stream in (done.stdout, done.stderr):
        check.that(f'foreign: {ascii(" ".join(words))}: nothing steers the terminal', steers(stream) == [], stream)
    if '--json' in words:
        check.that(f'foreign: {" ".join(words)} is JSON', json.loads(done.stdout.decode()), done.stdout)
check.result('foreign: what was shown finds the reader', rig.run('status', '--reader', 'Odd\ufffd]0;pwned', env=FOREIGN), 0,
             'tries left')
shown = rig.run('cert', 'show', 'sign', env=FOREIGN, pins=['ABC123'])
check.result('foreign: the rest of a name is there', shown, 0, '架空\ufffd[2J\ufffd花子')
check.end()
