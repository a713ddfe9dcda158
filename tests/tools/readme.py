#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""readme.py PAGE [N]: do what a page says, word for word, on a fresh system: each block of commands (or the first N).

Runs in the checkout, as a user with sudo, in a tree that may be thrown away (scripts/test-on).  The two commands that try
everything are left out: they have runs of their own.  Commands that need a card get the simulated one.  A page that installs
the release's packages finds them in the folder: those of JPKI_PACKAGES, or else made here.  Prints "ok - NAME" and
"not ok - NAME".
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = SOURCE / 'build-card'
os.environ['JPKI_BUILD'] = str(BUILD)
import rig  # noqa: E402  it asks for JPKI_BUILD

FENCE = re.compile(r'^```sh.*?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
TRIED_ELSEWHERE = re.compile(r'^scripts/(demo|test)\b')
WITH_CARD = re.compile(r'^(jpki-token|pkcs11-tool)\b')
LIMIT = 900
FROM_SOURCE = re.compile(r'^meson setup build\b', re.MULTILINE)
INSTALLS_PACKAGES = re.compile(r'apt install \./')
MAKE_PACKAGES = """
sudo apt-get -q update
sudo apt-get -q install -y --no-install-recommends build-essential
sudo apt-get -q build-dep -y ./
mkdir packages && tar -c --exclude='./build*' --exclude=./packages --exclude=./.git . | tar -x -C packages
cd packages && DEB_BUILD_OPTIONS='nocheck parallel=2' dpkg-buildpackage -us -uc -b"""
# With a browser's database, as Chromium leaves it: who has no browser cannot register one.
PREPARE_PACKAGED_CARD = """
sudo apt-get -q install -y --no-install-recommends ./jpki-simcard_*.deb pcscd vsmartcard-vpcd openssl libnss3-tools
[ -e ~/.pki/nssdb ] || { mkdir -p ~/.pki/nssdb && certutil -N -d sql:$HOME/.pki/nssdb --empty-password; }"""
PREPARE_CARD = """
sudo apt-get install -y --no-install-recommends check vsmartcard-vpcd openssl pcscd meson ninja-build pkg-config \\
    libjansson-dev libssl-dev libpcsclite-dev libp11-kit-dev gettext gcc libc6-dev
meson setup {build} && ninja -C {build} tests/sim/jpki-simcard"""


def blocks_of(page):
    """Pairs: what is done without a card, what with one."""
    exports = []
    for block in FENCE.findall(page.read_text(encoding='utf-8')):
        lines = [line for line in block.splitlines() if line.strip() and not TRIED_ELSEWHERE.match(line)]
        exports += [line for line in lines if line.startswith('export ')]
        plain, card = [], []
        for line in lines:
            (card if WITH_CARD.match(line) else plain).append(line)
        yield '\n'.join(plain), '\n'.join(exports + card) if card else ''


def prepare(check, name, commands):
    done = subprocess.run(['bash', '-ec', commands], cwd=SOURCE, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    check.that(name, done.returncode == 0, done.stdout[-3000:])


def packages_have(check):
    """The release's packages, where somebody lies who has downloaded them."""
    if 'JPKI_PACKAGES' in os.environ:
        for deb in pathlib.Path(os.environ['JPKI_PACKAGES']).glob('*.deb'):
            shutil.copy(deb, SOURCE)
    else:
        prepare(check, 'the packages', MAKE_PACKAGES)


def source_try(check, name, commands, env):
    """The way from source, where nothing is installed but what it names itself; then all is as before."""
    status, output = rig.block_run(commands, SOURCE, LIMIT, env)
    check.that(name, status == 0, f'status {status}\n{output[-3000:]}')
    prepare(check, name + ', taken back', 'sudo ninja -C build uninstall && rm -rf build')


def main():
    page, last = SOURCE / sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None
    check = rig.Checks()
    (SOURCE / 'letter.txt').write_text('A letter.\n', encoding='ascii')
    env = {**os.environ, 'TERM': 'dumb', 'LANGUAGE': os.environ.get('LANGUAGE', 'en')}
    prepare_card = PREPARE_CARD.format(build=BUILD)
    installs_packages = INSTALLS_PACKAGES.search(page.read_text(encoding='utf-8'))
    for number, (plain, _) in enumerate(list(blocks_of(page))[:last], 1):
        if installs_packages and FROM_SOURCE.search(plain):
            source_try(check, f'{sys.argv[1]}, commands {number}, before anything else', plain, env)
    if installs_packages:
        packages_have(check)
        prepare_card, env['JPKI_SIMCARD'] = PREPARE_PACKAGED_CARD, '/usr/bin/jpki-simcard'
    prepared = False
    for number, (plain, card) in enumerate(list(blocks_of(page))[:last], 1):
        name = f'{sys.argv[1]}, commands {number}'
        if plain:
            status, output = rig.block_run(plain, SOURCE, LIMIT, env)
            check.that(name, status == 0, f'status {status}\n{output[-3000:]}')
        if card and not prepared:
            prepared = True
            prepare(check, 'a simulated card', prepare_card)
        if card:
            words = shlex.join(['scripts/with-card', '--', 'bash', '-ec', card])
            status, output = rig.block_run(words, SOURCE, LIMIT, env)
            check.that(name + ', with a card', status == 0, f'status {status}\n{output[-3000:]}')
    check.end()


if __name__ == '__main__':
    main()
