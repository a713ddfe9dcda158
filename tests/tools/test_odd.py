#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""No reader, no right by polkit, a card that somebody keeps: on the card in process, without pcscd."""
import os
import pathlib
import re

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
check.end()
