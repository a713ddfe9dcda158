/* SPDX-License-Identifier: BSD-3-Clause */
/* The guard: silent cards, the proof of the lock, and what is remembered of refused values. */
#include "unit.h"

#include "card_read.h"

#include <stdio.h>

#define LOGIN(ask, ...) (unit_recognised(RECOGNISE __VA_ARGS__), unit_pass(ask))

#define SILENT "open\n" IN(READ_INFO READ_BOTH "> 00B08A0000\n< 6982\n")

static void silent_recognised(const char *text)
{
    unit_start(text);
    ok(card_recognise(&unit_card));
    ck_assert_uint_eq(unit_card.facts.id.len, 0);
}

/* A card that says nothing of itself: an event ends it, a new connection is compared by what
 * little it says. */
START_TEST(a_silent_card_is_lost_by_an_event)
{
    silent_recognised(SILENT "begin reset\n" DROP SELECT "end\n" IN(""));
    ck_assert(!card_is_lost(&unit_card));
    fails("card-changed", unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(card_is_lost(&unit_card));
    fails("card-changed", unit_pass(ask_kept(ROLE_AUTH)));
    unit_finish();
    silent_recognised(SILENT
                      "close leave\nopen\n" IN(READ_INFO QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)
                          IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP));
    card_disconnect(&unit_card);
    ok(unit_pass(ask_typed(ROLE_AUTH)));
    ok(unit_pass(ask_kept(ROLE_AUTH)));
    unit_finish();
    silent_recognised(SILENT "close leave\nopen\n" IN("> 00B0860060\n< " INFO_OTHER " 9000\n"));
    card_disconnect(&unit_card);
    fails("card-changed", unit_pass(ask_typed(ROLE_AUTH)));
    unit_finish();
}
END_TEST

/* The readers that call it done and leave the card in its field. */
START_TEST(what_the_reader_says_of_power_is_proved)
{
    unit_recognised(RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH
                                 "< 9000\n" DROP_FAILS "unpower\n" SELECT PROOF
                                 "< 5A*256 9000\n") "begin\n" DROP SELECT QUERY_AUTH_3 VERIFY_AUTH
                                                    "< 9000\n" DROP "end\n");
    fails("drop", unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(unit_tell.lock == LOCK_OPEN && unit_card.dirty);
    ok(unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(unit_tell.lock == LOCK_SURE && !unit_card.dirty);
    unit_finish();
    /* an odd word proves nothing; the next visit begins with the drop and the proof, and sends
     * no PIN to an open card */
    unit_recognised(RECOGNISE IN(
        QUERY_AUTH_3 VERIFY_AUTH
        "< 9000\n" DROP_FAILS "unpower\n" SELECT PROOF
        "< 6F00\n") "begin\n" DROP_FAILS "unpower\n" SELECT PROOF "< 5A*256 9000\nend\n"
                    "begin\n" DROP_FAILS "unpower\n" SELECT PROOF
                    "< 6982\n" QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP "end\n");
    ok(unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(unit_tell.lock == LOCK_UNPROVED && unit_card.dirty);
    fails("drop", unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(unit_tell.lock == LOCK_OPEN && unit_tell.pin == PIN_NOT_SENT);
    ok(unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(unit_tell.lock == LOCK_SURE && !unit_card.dirty);
    unit_finish();
}
END_TEST

static int memory_then;
static enum jpki_err memory_err;
static char noted[200];

static enum jpki_err recall(void *user, const struct card_id *card, enum role role,
                            struct slice pin, int *ret_tries_then)
{
    ck_assert(user == &memory_then && card == &unit_card.facts.id && role == ROLE_AUTH &&
              pin.len == 4);
    *ret_tries_then = memory_then;
    return memory_err;
}

static void note(void *user, const struct card_id *card, enum role role, struct slice pin,
                 bool accepted, int tries_after)
{
    ck_assert(user == &memory_then && card == &unit_card.facts.id && role == ROLE_AUTH &&
              pin.len == 4);
    snprintf(noted, sizeof(noted), "%s %d", accepted ? "accepted" : "refused", tries_after);
}

static const struct guard_memory memory = { &memory_then, recall, note };

START_TEST(a_refused_value_is_not_sent_again)
{
    struct guard_ask ask = ask_typed(ROLE_AUTH);

    ask.memory = &memory;
    memory_then = TRIES_UNKNOWN;
    noted[0] = '\0';
    fails("pin-wrong", LOGIN(ask, IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C2\n" DROP)));
    ck_assert_str_eq(noted, "refused 2");
    unit_finish();
    memory_then = 2;
    noted[0] = '\0';
    fails("pin-repeated", LOGIN(ask, IN("> 00200098\n< 63C2\n")));
    unit_told(2, PIN_NOT_SENT);
    ck_assert_str_eq(noted, "");
    unit_finish();
    /* somebody gave the right one meanwhile: what was refused may be right now */
    ok(LOGIN(ask, IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    ck_assert_str_eq(noted, "accepted 3");
    unit_finish();
    /* an answer is lost: the counter tells, or nothing does */
    memory_then = TRIES_UNKNOWN;
    fails("pin-wrong", LOGIN(ask, IN(QUERY_AUTH_3 VERIFY_AUTH "! io\n> 00200098\n< 63C2\n" DROP)));
    ck_assert_str_eq(noted, "refused 2");
    unit_finish();
    noted[0] = '\0';
    fails("io", LOGIN(ask, IN(QUERY_AUTH_3 VERIFY_AUTH "! io\n> 00200098\n! io\n" DROP)));
    ck_assert_str_eq(noted, "");
    unit_finish();
    memory_err = JPKI_ERR_MEMORY;
    fails("memory", LOGIN(ask, ""));
    unit_told(TRIES_UNKNOWN, PIN_NOT_SENT);
    memory_err = JPKI_OK;
    unit_finish();
}
END_TEST

static struct herald_news heard;
static unsigned heard_count;

static void hear(const struct herald_news *news)
{
    heard = *news;
    heard_count++;
}

/* The person's desktop is told of each try that is lost, and of nothing else. */
START_TEST(a_lost_try_is_told)
{
    struct transport_ops ops;

    unit_recognised(RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C2\n" DROP)
                        IN(QUERY_SIGN_5 VERIFY_SIGN "< 63C4\n" DROP)
                            IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)
                                IN(QUERY_AUTH_3 VERIFY_AUTH "! io\n> 00200098\n! io\n" DROP));
    ops = *unit_script.transport.ops;
    ops.tell = hear;
    unit_script.transport.ops = &ops;
    fails("pin-wrong", unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert_uint_eq(heard_count, 1);
    ck_assert(heard.version == HERALD_VERSION && heard.role == ROLE_AUTH && heard.tries == 2 &&
              heard.full == 3);
    fails("pin-wrong", unit_pass(ask_typed(ROLE_SIGN)));
    ck_assert_uint_eq(heard_count, 2);
    ck_assert(heard.version == HERALD_VERSION && heard.role == ROLE_SIGN && heard.tries == 4 &&
              heard.full == 5);
    ok(unit_pass(ask_typed(ROLE_AUTH)));
    fails("io", unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert_uint_eq(heard_count, 2);
    unit_finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_silent_card_is_lost_by_an_event,
        what_the_reader_says_of_power_is_proved,
        a_refused_value_is_not_sent_again,
        a_lost_try_is_told,
    };

    return unit_run("guard", tests, sizeof(tests) / sizeof(tests[0]));
}
