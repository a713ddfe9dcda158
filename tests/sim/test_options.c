/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_sim.h"

START_TEST(every_profile_is_known)
{
    struct sim_options opt;
    size_t count = 0;

    for (const char *name = sim_profile_name(0); name != NULL; name = sim_profile_name(count)) {
        char word[64];
        sim_options_init(&opt);
        snprintf(word, sizeof(word), "profile=%s", name);
        ck_assert_msg(sim_options_set(&opt, word), "profile %s", name);
        ck_assert_str_eq(opt.profile, name);
        count++;
    }
    ck_assert_uint_ge(count, 20);
}
END_TEST

START_TEST(bad_words_change_nothing)
{
    static const char *const words[] = {
        "nothing=yes",
        "pss=maybe",
        "pss",
        "profile=none",
        "atr=3B8",
        "atr=XX88",
        "blocked-sw=12345",
        "blocked-sw=zz",
        "tries-auth=4",
        "tries-auth=-1",
        "tries-auth=",
        "pin-auth=12345678901234567",
        "ef0008=perhaps",
        "=",
        "",
        "pss=no nothing=1",
    };
    struct sim_options opt, before;

    sim_options_init(&opt);
    before = opt;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        ck_assert_msg(words[i][0] == '\0' || !sim_options_parse(&opt, words[i]), "%s", words[i]);
        ck_assert_int_eq(memcmp(&opt, &before, sizeof(opt)), 0);
    }
    ck_assert(!sim_options_set(&opt, ""));
}
END_TEST

START_TEST(words_of_every_kind_are_stored)
{
    struct sim_options opt;

    sim_options_init(&opt);
    ck_assert(sim_options_parse(
        &opt, " label=X serial=7 pss=no blocked-sw=6983 strict-eof=6CXX atr=3B00\ttries-sign=1\n"));
    ck_assert_str_eq(opt.label, "X");
    ck_assert_uint_eq(opt.holder, 7);
    ck_assert(!opt.pss);
    ck_assert_uint_eq(opt.blocked_sw, 0x6983);
    ck_assert_uint_eq(opt.strict_eof, SIM_EOF_6CXX);
    ck_assert_uint_eq(opt.atr_len, 2);
    ck_assert_uint_eq(opt.role[SIM_SIGN].tries, 1);
    ck_assert(sim_options_set(&opt, "short-ids=no"));
    ck_assert(!opt.read_short_ids && !opt.pin_short_ids && !opt.key_short_ids);
    ck_assert(sim_options_set(&opt, "profile=contact"));
    ck_assert(opt.read_short_ids && opt.pss);
    ck_assert_uint_eq(opt.holder, 7);
}
END_TEST

START_TEST(pin_forms)
{
    static const struct {
        enum sim_role role;
        const char *pin;
        bool right;
    } rows[] = {
        { SIM_AUTH, "1234", true },
        { SIM_AUTH, "123", false },
        { SIM_AUTH, "12345", false },
        { SIM_AUTH, "12A4", false },
        { SIM_SIGN, "ABC123", true },
        { SIM_SIGN, "ABC12", false },
        { SIM_SIGN, "abc123", false },
        { SIM_SIGN, "ABCDEFGH12345678", true },
        { SIM_SIGN, "ABCDEFGH123456789", false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint8_t *pin = (const uint8_t *)rows[i].pin;
        ck_assert_msg(sim_pin_form(rows[i].role, pin, strlen(rows[i].pin)) == rows[i].right, "%s",
                      rows[i].pin);
    }
}
END_TEST

RUN_CASES("options", every_profile_is_known, bad_words_change_nothing,
          words_of_every_kind_are_stored, pin_forms)
