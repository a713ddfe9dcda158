#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""readme.py PAGE: do what a page says, word for word, on a fresh system: each block of commands, in order.

Runs in the checkout, as a user with sudo, in a tree that may be thrown away (scripts/test-on).  The two commands that try
everything are left out: they have runs of their own.  Commands that need a card get the simulated one.  Prints "ok - NAME"
and "not ok - NAME".
"""
import os
import pathlib
import re
import shlex
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
PREPARE_CARD = """
sudo apt-get install -y --no-install-recommends check vsmartcard-vpcd openssl pcscd meson ninja-build pkg-config \\
    libssl-dev libpcsclite-dev libp11-kit-dev gettext gcc libc6-dev
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


def main():
    page = SOURCE / sys.argv[1]
    check = rig.Checks()
    (SOURCE / 'letter.txt').write_text('A letter.\n', encoding='ascii')
    env = {**os.environ, 'TERM': 'dumb', 'LANGUAGE': 'en'}
    prepared = False
    for number, (plain, card) in enumerate(blocks_of(page), 1):
        name = f'{sys.argv[1]}, commands {number}'
        if plain:
            status, output = rig.block_run(plain, SOURCE, LIMIT, env)
            check.that(name, status == 0, f'status {status}\n{output[-3000:]}')
        if card and not prepared:
            prepared = True
            done = subprocess.run(['bash', '-ec', PREPARE_CARD.format(build=BUILD)], cwd=SOURCE, check=False, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            check.that('a simulated card', done.returncode == 0, done.stdout[-3000:])
        if card:
            words = shlex.join(['scripts/with-card', '--', 'bash', '-ec', card])
            status, output = rig.block_run(words, SOURCE, LIMIT, env)
            check.that(name + ', with a card', status == 0, f'status {status}\n{output[-3000:]}')
    check.end()


if __name__ == '__main__':
    main()
