/* SPDX-License-Identifier: BSD-3-Clause */
/* Recognition and the frame of a visit: what is sent, in which order, and what follows from each
 * fault. */
#include "unit.h"

#include "card_read.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

START_TEST(recognise_takes_four_exchanges)
{
    unit_start(RECOGNISE);
    ok(card_recognise(&unit_card));
    ck_assert_str_eq(unit_card.facts.id.profile->label, "JPKIAPICCTOKEN2");
    ck_assert_str_eq(unit_card.facts.serial_info, "0000000020500003");
    ck_assert(unit_card.facts.has_role[ROLE_AUTH] && unit_card.facts.has_role[ROLE_SIGN]);
    ck_assert_uint_eq(unit_card.facts.id.len, 256);
    ck_assert(unit_card.short_ids == TRI_YES && !unit_card.in_doubt && !unit_card.dirty);
    ck_assert_uint_eq(unit_finish(), 4);
}
END_TEST

START_TEST(recognise_other_card_takes_one_exchange_for_ever)
{
    unit_start(
        "open\nbegin\n> 00A4040C0AD392F000260100000001\n< 6A82\nend\nclose leave\n" RECOGNISE);
    fails("not-jpki", card_recognise(&unit_card));
    fails("not-jpki", card_recognise(&unit_card));
    ck_assert(unit_card.not_jpki);
    ck_assert_uint_eq(unit_script.exchanges, 1);
    card_reset(&unit_card);
    ok(card_recognise(&unit_card));
    ck_assert_uint_eq(unit_finish(), 5);
}
END_TEST

START_TEST(recognise_without_short_ids)
{
    unit_start("open\n" IN(
        "> 00B0860060\n< 6A86\n> 00A4020C020006\n< 9000\n> 00B0000060\n< " INFO_MYNUMBER " 9000\n"
        "> 00A4020C020008\n< 9000\n> 00B0000003\n< 8F8F00 9000\n"
        "> 00A4020C02000A\n< 9000\n> 00B0000000\n< 3082061F AA*252 9000\n"));
    ok(card_recognise(&unit_card));
    ck_assert(unit_card.short_ids == TRI_NO);
    ck_assert_uint_eq(unit_card.facts.id.len, 256);
    ck_assert_uint_eq(unit_finish(), 8);
}
END_TEST

START_TEST(recognise_without_info_and_0008)
{
    unit_start("open\n" IN(
        "> 00B0860060\n< 6A82\n> 00A4020C020006\n< 6A82\n> 00B0880003\n< 6A82\n> 00A4020C020008\n< 6A82\n" READ_HEAD
            READ_SIGN_DENIED));
    ok(card_recognise(&unit_card));
    ck_assert_ptr_eq(unit_card.facts.id.profile, profile_default());
    ck_assert_str_eq(unit_card.facts.serial_info, "");
    ck_assert(unit_card.facts.has_role[ROLE_AUTH] && unit_card.facts.has_role[ROLE_SIGN]);
    unit_finish();
}
END_TEST

START_TEST(recognise_by_0008_what_is_there)
{
    unit_start("open\n" IN(READ_INFO "> 00B0880003\n< 008F00 9000\n" READ_HEAD));
    ok(card_recognise(&unit_card));
    ck_assert(unit_card.facts.has_role[ROLE_AUTH] && !unit_card.facts.has_role[ROLE_SIGN]);
    unit_finish();
    unit_start("open\n" IN(READ_INFO "> 00B0880003\n< 8F0000 9000\n"));
    ok(card_recognise(&unit_card));
    ck_assert(!unit_card.facts.has_role[ROLE_AUTH] && unit_card.facts.has_role[ROLE_SIGN]);
    ck_assert_uint_eq(unit_finish(), 3);
    unit_start("open\n" IN(READ_INFO "> 00B0880003\n< 80FF00 9000\n"));
    ok(card_recognise(&unit_card));
    ck_assert(!unit_card.facts.has_role[ROLE_AUTH] && !unit_card.facts.has_role[ROLE_SIGN]);
    unit_finish();
    unit_start("open\n" IN(READ_INFO "> 00B0880003\n< 8F00 9000\n" READ_HEAD READ_SIGN_DENIED));
    ok(card_recognise(&unit_card));
    ck_assert(unit_card.facts.has_role[ROLE_AUTH] && unit_card.facts.has_role[ROLE_SIGN]);
    unit_finish();
}
END_TEST

START_TEST(recognise_by_000a_what_is_there)
{
    unit_start("open\n" IN(READ_INFO
                           "> 00B0880003\n< 6A82\n> 00B08A0000\n< FF*256 9000\n" READ_SIGN_DENIED));
    ok(card_recognise(&unit_card));
    ck_assert(!unit_card.facts.has_role[ROLE_AUTH] && unit_card.facts.has_role[ROLE_SIGN]);
    unit_finish();
    unit_start("open\n" IN(READ_INFO READ_BOTH "> 00B08A0000\n< 6982\n"));
    ok(card_recognise(&unit_card));
    ck_assert(unit_card.facts.has_role[ROLE_AUTH] && unit_card.facts.id.len == 0);
    ck_assert(unit_card.facts.cert_private[ROLE_AUTH]);
    unit_finish();
}
END_TEST

/* Without EF 0008 its file tells whether there is a signature certificate, before anybody is
 * asked for a password. */
START_TEST(recognise_by_0001_what_is_there)
{
    static const struct {
        const char *answer;
        bool there;
    } rows[] = {
        { "6982", true },  { "30 9000", true },  { "6985", true },
        { "6A82", false }, { "FF 9000", false }, { "00 9000", false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[2048];

        snprintf(text, sizeof(text), "%s> 00B0810001\n< %s\nend\n",
                 "open\nbegin\n" SELECT READ_INFO "> 00B0880003\n< 6A82\n" READ_HEAD,
                 rows[i].answer);
        unit_start(text);
        ok(card_recognise(&unit_card));
        ck_assert_msg(unit_card.facts.has_role[ROLE_SIGN] == rows[i].there, "%s", rows[i].answer);
        unit_finish();
    }
}
END_TEST

START_TEST(recognise_phone_leaves_private_file_alone)
{
    unit_start(
        "open\n" IN("> 00B0860060\n< 4A504B49415047505345544F4B454E 20*17 20*64 9000\n" READ_BOTH));
    ok(card_recognise(&unit_card));
    ck_assert_str_eq(unit_card.facts.id.profile->name, "Android phone");
    ck_assert(unit_card.facts.has_role[ROLE_AUTH] && unit_card.facts.id.len == 0);
    ck_assert_uint_eq(unit_finish(), 3);
}
END_TEST

START_TEST(first_command_6f00_is_sent_once_more)
{
    unit_start("open\nbegin\n> 00A4040C0AD392F000260100000001\n< 6F00\n" SELECT READ_INFO READ_BOTH
                   READ_HEAD "end\n");
    ok(card_recognise(&unit_card));
    unit_finish();
    unit_start(
        "open\nbegin\n> 00A4040C0AD392F000260100000001\n< 6F00\n> 00A4040C0AD392F000260100000001\n< 6F00\nend\n");
    fails("refused", card_recognise(&unit_card));
    unit_finish();
    /* a later 6F00 is an answer like any other: 0006 is then read by SELECT EF */
    unit_start("open\n" IN("> 00B0860060\n< 6F00\n> 00A4020C020006\n< 6F00\n" READ_BOTH READ_HEAD));
    ok(card_recognise(&unit_card));
    unit_finish();
}
END_TEST

START_TEST(select_with_response_to_get)
{
    unit_start(
        "open\nbegin\n> 00A4040C0AD392F000260100000001\n< 6105\n> 00C0000005\n< 6F03840100 9000\n" READ_INFO
            READ_BOTH READ_HEAD "end\n");
    ok(card_recognise(&unit_card));
    unit_finish();
}
END_TEST

START_TEST(way_to_the_card_fails)
{
    static const char *const errors[] = { "no-card", "no-reader", "no-service", "in-use" };
    char text[64];

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        ck_assert_int_gt(snprintf(text, sizeof(text), "open !%s\n", errors[i]), 0);
        unit_start(text);
        fails(errors[i], card_recognise(&unit_card));
        ck_assert_ptr_null(unit_card.link);
        unit_finish();
    }
}
END_TEST

START_TEST(removed_between_visits)
{
    unit_recognised(RECOGNISE "begin !no-card\nclose leave\n");
    fails("no-card", card_recognise(&unit_card));
    ck_assert_ptr_null(unit_card.link);
    ck_assert(unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(service_gone_while_reading)
{
    unit_start(
        "open\nbegin\n> 00A4040C0AD392F000260100000001\n! no-service\nend !no-service\nclose leave\n");
    fails("no-service", card_recognise(&unit_card));
    ck_assert_ptr_null(unit_card.link);
    unit_finish();
}
END_TEST

START_TEST(reset_drops_first)
{
    int tries = 0;

    unit_recognised(RECOGNISE "begin reset\n" DROP SELECT READ_HEAD QUERY_AUTH_3 "end\n");
    ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert(!unit_card.in_doubt && !unit_card.dirty);
    ck_assert_uint_eq(unit_finish(), 4);
}
END_TEST

START_TEST(reset_of_an_unknown_card_drops_only_if_ours)
{
    unit_start("open\nbegin reset\n" SELECT READ_INFO READ_BOTH READ_HEAD DROP "end\n");
    ok(card_recognise(&unit_card));
    unit_finish();
    unit_start("open\nbegin reset\n> 00A4040C0AD392F000260100000001\n< 6A82\nend\n");
    fails("not-jpki", card_recognise(&unit_card));
    unit_finish();
}
END_TEST

#define RESET_IN_QUERY "> 00200098\n! reset\nend\n"
#define RESET_IN_READ "> 00B08A0000\n! reset\nend\n"

START_TEST(reset_within_a_visit_begins_it_anew_with_a_drop)
{
    int tries = 0;

    unit_recognised(RECOGNISE "begin\n" SELECT RESET_IN_QUERY
                              "begin\n" DROP SELECT READ_HEAD QUERY_AUTH_3 "end\n");
    ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert_int_eq(tries, 3);
    ck_assert(!unit_card.dirty && !unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(resets_without_end_fail_the_visit_and_the_next_one_drops)
{
    int tries = -7;

    unit_recognised(RECOGNISE "begin\n" SELECT RESET_IN_QUERY "begin\n" DROP SELECT RESET_IN_READ
                              "begin\n" DROP SELECT RESET_IN_READ
                              "begin\n" DROP SELECT READ_HEAD QUERY_AUTH_3 "end\n");
    fails("reset", guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert_int_eq(tries, -7);
    ck_assert(unit_card.dirty && unit_card.in_doubt);
    ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert(!unit_card.dirty);
    unit_finish();
}
END_TEST

/* Recognition and the probe for PSS begin anew too. */
START_TEST(resets_while_looking_at_a_card)
{
    bool pss = false;

    unit_start("open\nbegin\n" SELECT READ_INFO "> 00B0880003\n! reset\nend\n"
               "begin reset\n" SELECT READ_INFO READ_BOTH READ_HEAD DROP "end\n"
               "begin\n" SELECT "> 802A049720 00*32 00\n! reset\nend\n"
               "begin\n" DROP SELECT "> 802A049720 00*32 00\n< 6982\nend\n");
    ok(card_recognise(&unit_card));
    ok(guard_pss(&unit_card, false, &pss));
    ck_assert(pss);
    unit_finish();
}
END_TEST

/* Only a person at a keypad calls something off.  A way to the card that says so of anything
 * else is out of order. */
START_TEST(what_was_called_off_was_not)
{
    static const char *const ways[] = {
        "begin !cancelled\n", "begin !timeout\n", "begin\n" SELECT "> 00200098\n! cancelled\nend\n",
        "begin\n> 00A4040C0AD392F000260100000001\n! timeout\nend\n"
    };
    char text[1000];
    int tries;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", RECOGNISE, ways[i]);
        unit_recognised(text);
        fails("io", guard_tries(&unit_card, ROLE_AUTH, false, &tries));
        ck_assert(unit_card.in_doubt);
        unit_finish();
    }
    unit_start("open !cancelled\n");
    fails("io", card_connect(&unit_card));
    unit_finish();
}
END_TEST

START_TEST(reset_and_then_pulled_out_is_locked)
{
    int tries;

    unit_recognised(RECOGNISE "begin\n" SELECT RESET_IN_QUERY
                              "begin\n> 00A4040C07A0000001510000\n! no-card\nend\n"
                              "close leave\n");
    fails("no-card", guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert(!unit_card.dirty && unit_card.link == NULL);
    unit_finish();
}
END_TEST

START_TEST(first_drop_that_fails_stops_the_visit)
{
    int tries;

    unit_recognised(RECOGNISE "begin reset\n" DROP_FAILS "unpower !io\nend\nbegin\n" DROP_FAILS
                              "unpower\n" SELECT READ_HEAD QUERY_AUTH_3 "end\n");
    fails("drop", guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert(unit_card.dirty);
    ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert(!unit_card.dirty);
    unit_finish();
}
END_TEST

START_TEST(a_new_connection_puts_the_card_in_doubt)
{
    unit_recognised(RECOGNISE "close leave\nopen !no-card\nopen\n");
    ok(card_connect(&unit_card));
    ck_assert(!unit_card.in_doubt);
    card_disconnect(&unit_card);
    fails("no-card", card_connect(&unit_card));
    ck_assert_ptr_null(unit_card.link);
    ok(card_connect(&unit_card));
    ck_assert(unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(disconnect_and_reset)
{
    unit_recognised(RECOGNISE "close leave\n" RECOGNISE "close leave\n" RECOGNISE
                              "close unpower\n");
    card_disconnect(&unit_card);
    card_disconnect(&unit_card);
    ck_assert_ptr_nonnull(unit_card.facts.id.profile);
    ok(card_recognise(&unit_card));
    card_reset(&unit_card);
    ck_assert_ptr_null(unit_card.facts.id.profile);
    ck_assert_str_eq(unit_card.reader, "Reader 00 00");
    ok(card_recognise(&unit_card));
    unit_card.dirty = true;
    card_disconnect(&unit_card);
    unit_finish();
}
END_TEST

static enum jpki_err (*real_begin)(void *, bool *);
static enum jpki_err (*real_transmit)(void *, struct slice, struct buf *);
static unsigned held_at_transmit, stops_held_at_begin;

/* What waits for its turn can be ended, but not stopped: it would be given its turn and keep it. */
static enum jpki_err begin_looking(void *link, bool *ret_reset)
{
    sigset_t now;

    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    stops_held_at_begin += sigismember(&now, SIGTSTP) == 1 && sigismember(&now, SIGTTIN) == 1 &&
                           sigismember(&now, SIGTTOU) == 1 && sigismember(&now, SIGINT) == 0;
    return real_begin(link, ret_reset);
}

/* Not to be held: nobody can, or the thread did it itself. */
static bool signal_comes_at_once(int number)
{
    static const int numbers[] = { SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL,
                                   SIGFPE,  SIGTRAP, SIGSYS,  SIGABRT };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i] == number)
            return true;
    }
    return false;
}

static enum jpki_err transmit_looking(void *link, struct slice command, struct buf *answer)
{
    sigset_t now;
    bool held = true;

    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    for (int number = 1; number < 32; number++)
        held = held && sigismember(&now, number) == !signal_comes_at_once(number);
    held_at_transmit += held;
    return real_transmit(link, command, answer);
}

START_TEST(signals_wait_for_the_end_of_a_visit)
{
    struct transport_ops ops;
    sigset_t before, after;

    unit_start(RECOGNISE);
    ops = *unit_script.transport.ops;
    real_transmit = ops.transmit;
    ops.transmit = transmit_looking;
    real_begin = ops.visit_begin;
    ops.visit_begin = begin_looking;
    unit_script.transport.ops = &ops;
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
    ok(card_recognise(&unit_card));
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
    ck_assert_uint_eq(held_at_transmit, 4);
    ck_assert_uint_eq(stops_held_at_begin, 1);
    for (int signal = 1; signal < 32; signal++)
        ck_assert_int_eq(sigismember(&before, signal), sigismember(&after, signal));
    unit_finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        recognise_takes_four_exchanges,
        recognise_other_card_takes_one_exchange_for_ever,
        recognise_without_short_ids,
        recognise_without_info_and_0008,
        recognise_by_0008_what_is_there,
        recognise_by_000a_what_is_there,
        recognise_by_0001_what_is_there,
        recognise_phone_leaves_private_file_alone,
        first_command_6f00_is_sent_once_more,
        select_with_response_to_get,
        way_to_the_card_fails,
        removed_between_visits,
        service_gone_while_reading,
        reset_drops_first,
        reset_of_an_unknown_card_drops_only_if_ours,
        reset_within_a_visit_begins_it_anew_with_a_drop,
        resets_without_end_fail_the_visit_and_the_next_one_drops,
        resets_while_looking_at_a_card,
        what_was_called_off_was_not,
        reset_and_then_pulled_out_is_locked,
        first_drop_that_fails_stops_the_visit,
        a_new_connection_puts_the_card_in_doubt,
        disconnect_and_reset,
        signals_wait_for_the_end_of_a_visit,
    };

    return unit_run("visit", tests, sizeof(tests) / sizeof(tests[0]));
}
