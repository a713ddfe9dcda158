/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What everything costs on every kind of card, as one table: a line for each token of each profile
 * of the simulated card, a column for each deed.  A cell is the number of exchanges, and the answer
 * if it is not CKR_OK.  The table is printed and compared with the one in the tree.
 *
 *     cards-matrix GOLDEN REPORTS [--update]
 *
 * Behind the profiles come the cards that are made from the reports in this folder.
 */
#include "matrix.h"

#include "sim_like.h"

#include <glob.h>
#include <libgen.h>

#include <stdarg.h>

#define CELL_LEN 32

#define NAME_WIDTH 18

static const char *golden_path, *reports_path;
static bool update;

static struct {
    char text[32768];
    size_t len;
} table;

__attribute__((format(printf, 1, 2))) static void table_add(const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(table.text + table.len, sizeof(table.text) - table.len, format, args);
    va_end(args);
    ck_assert_int_ge(len, 0);
    table.len += (size_t)len;
    ck_assert_uint_lt(table.len, sizeof(table.text));
}

/* The reader with such a card, listed by a program as it starts; whether there is a token in the
 * slot. */
static bool token_begin(const char *words, CK_SLOT_ID slot)
{
    CK_ULONG count = 0;
    CK_TOKEN_INFO info;

    rig_options(strstr(words, "juki") != NULL || strstr(words, "label=JPKIAPICCTOKEN ") != NULL
                    ? "juki=try"
                    : "");
    (void)rig_start(words);
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    return P11(C_GetTokenInfo, slot, &info) == CKR_OK;
}

/* A cell: a card, a world and a module of its own. */
static void cell_add(const char *words, CK_SLOT_ID slot, const struct deed *deed)
{
    const enum sim_role role = slot == SLOT_AUTH ? SIM_AUTH : SIM_SIGN;
    char cell[CELL_LEN] = "-";
    unsigned before;
    CK_RV rv = CKR_OK;

    rig_up();
    if (strcmp(deed->name, "list") == 0) {
        rig_options("");
        (void)rig_start(words);
    } else if (!token_begin(words, slot)) {
        goto out;
    } else if (deed->logs_in &&
               rig_login(rig_session(slot), slot == SLOT_AUTH ? PIN_AUTH : PIN_SIGN) != CKR_OK) {
        goto out;
    }
    before = rig_tries(role);
    (void)rig_stats();
    rv = deed->run(slot);
    snprintf(cell, sizeof(cell), rv == CKR_OK ? "%u" : "%u %s", rig_exchanges(), rig_rv_name(rv));
    ck_assert_msg(rig_tries(role) + deed->tries_lost >= before, "%s: %s lost a try", words,
                  deed->name);
out:
    table_add("  %-*s", deed->width, cell);
    rig_down();
}

static void line_end(void)
{
    while (table.len > 0 && table.text[table.len - 1] == ' ')
        table.len--;
    table_add("\n");
}

static void lines_add(const char *name, const char *words)
{
    for (CK_SLOT_ID slot = SLOT_AUTH; slot <= SLOT_SIGN; slot++) {
        table_add("%-*s %-4s", NAME_WIDTH, name, slot == SLOT_AUTH ? "auth" : "sign");
        for (const struct deed *deed = deeds; deed->name != NULL; deed++)
            cell_add(words, slot, deed);
        line_end();
    }
}

static void reports_add(void)
{
    char pattern[512], words[SIM_LIKE_MAX], name[64];
    glob_t found = { .gl_pathc = 0 };

    snprintf(pattern, sizeof(pattern), "%s/*.json", reports_path);
    ck_assert_msg(glob(pattern, 0, NULL, &found) == 0, "no reports in %s", reports_path);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        ck_assert(sim_like_words(found.gl_pathv[i], words));
        snprintf(name, sizeof(name), "%s", basename(found.gl_pathv[i]));
        *strrchr(name, '.') = '\0';
        lines_add(name, words);
    }
    globfree(&found);
}

static void table_make(void)
{
    char words[48];

    table_add("%-*s %-4s", NAME_WIDTH, "profile", "key");
    for (const struct deed *deed = deeds; deed->name != NULL; deed++)
        table_add("  %-*s", deed->width, deed->name);
    line_end();
    for (size_t i = 0; sim_profile_name(i) != NULL; i++) {
        if (strcmp(sim_profile_name(i), "newkey") ==
            0) /* no token any more, once its certificate was read */
            continue;
        snprintf(words, sizeof(words), "profile=%s", sim_profile_name(i));
        lines_add(sim_profile_name(i), words);
    }
    reports_add();
}

static bool golden_same(void)
{
    char golden[sizeof(table.text)];
    size_t len = 0;
    FILE *file = fopen(golden_path, "r");

    if (file == NULL)
        return false;
    len = fread(golden, 1, sizeof(golden), file);
    fclose(file);
    return len == table.len && memcmp(golden, table.text, len) == 0;
}

START_TEST(the_table_is_the_one_in_the_tree)
{
    FILE *file;

    rig_down(); /* each cell has a world of its own */
    table_make();
    rig_up();
    fputs(table.text, stdout);
    fflush(stdout);
    if (update) {
        file = fopen(golden_path, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(table.text, 1, table.len, file), table.len);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_msg(golden_same(), "the table differs from %s; if that is meant, run with --update",
                  golden_path);
}
END_TEST

int main(int argc, char **argv)
{
    const TTest *const tests[] = { the_table_is_the_one_in_the_tree };

    if (argc < 3) {
        fprintf(stderr, "usage: cards-matrix GOLDEN REPORTS [--update]\n");
        return 2;
    }
    golden_path = argv[1];
    reports_path = argv[2];
    update = argc > 3 && strcmp(argv[3], "--update") == 0;
    return rig_main("matrix", tests, 1);
}
