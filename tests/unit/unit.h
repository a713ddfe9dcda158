/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the unit tests: a runner, and a card on a script that is recognised already. */
#ifndef UNIT_H
#define UNIT_H

#include "guard.h"
#include "script.h"

#include <check.h>

/* Run the tests as one suite; the program's exit status. */
int unit_run(const char *suite, const TTest *const *tests, size_t count);

/* Run each so many times, with _i from 0 on. */
int unit_run_times(const char *suite, const TTest *const *tests, size_t count, int times);

#define ok(call) ck_assert_str_eq(err_name(call), "ok")
#define fails(name, call) ck_assert_str_eq(err_name(call), name)
#define DIGITS(text) slice_of(text, sizeof(text) - 1)

/* Pieces of scripts.  The PINs are 1234 and ABC123. */
#define SELECT "> 00A4040C0AD392F000260100000001\n< 9000\n"
#define DROP "> 00A4040C07A0000001510000\n< 9000\n"
#define DROP_FAILS "> 00A4040C07A0000001510000\n< 6A82\n"
#define IN(work) "begin\n" SELECT work "end\n"
#define READ_INFO "> 00B0860060\n< " INFO_MYNUMBER " 9000\n"
#define INFO_MYNUMBER "4A504B494150494343544F4B454E32 20*17 30*32 20*16 30*8 3230353030303033"
#define INFO_OTHER "4A504B494150494343544F4B454E32 20*17 30*32 20*16 30*8 3939303530303033"
#define READ_BOTH "> 00B0880003\n< 8F8F00 9000\n"
#define READ_HEAD "> 00B08A0000\n< 3082061F AA*252 9000\n"
#define READ_SIGN_DENIED "> 00B0810001\n< 6982\n"
#define RECOGNISE "open\n" IN(READ_INFO READ_BOTH READ_HEAD)
#define PROOF "> 802A0097 20 00*32 00\n"
#define QUERY_AUTH_3 "> 00200098\n< 63C3\n"
#define VERIFY_AUTH "> 002000980431323334\n"
#define QUERY_SIGN_5 "> 0020009B\n< 63C5\n"
#define VERIFY_SIGN "> 0020009B06414243313233\n"

extern struct script unit_script;
extern struct card unit_card;

/* Start the script, and the card on it, recognising nothing yet. */
void unit_start(const char *text);

/* RECOGNISE must be the beginning of text: the card is recognised. */
void unit_recognised(const char *text);

/* The script was followed to its end; exchanges after the four of RECOGNISE, or from the start
 * without it. */
size_t unit_finish(void);

/* What a passage is asked with; a login unless the caller says otherwise. */
static inline struct guard_ask ask_typed(enum role role)
{
    return (struct guard_ask){ .whom = &unit_card.facts.id,
                               .role = role,
                               .pin = role == ROLE_AUTH ? DIGITS("1234") : DIGITS("ABC123") };
}

static inline struct guard_ask ask_kept(enum role role)
{
    struct guard_ask ask = ask_typed(role);

    ask.origin = PIN_KEPT;
    return ask;
}

static inline struct guard_ask ask_keypad(enum role role)
{
    return (struct guard_ask){ .whom = &unit_card.facts.id, .role = role, .origin = PIN_KEYPAD };
}

/* What the last passage told. */
extern struct guard_tell unit_tell;

/* One passage; the first thing that was not as it should be. */
enum jpki_err unit_pass(struct guard_ask ask);

void unit_told(int tries, enum pin_fate pin);

#endif
