#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""No reader, no right by polkit, a card that somebody keeps: on the card in process, without pcscd."""
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
check.result('a card in process', rig.run('status', env={'JPKI_ODD': 'many'}), 0, '3 of 3 tries left')
check.result('and doctor on it', rig.run('doctor', '--json', env={'JPKI_ODD': 'many'}), 8, '"RSA-PSS"')
check.end()
