/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of the standard: names of return codes, and which function may answer which. */
#include "rig.h"
#include "rig_inside.h"

#include <stdio.h>
#include <unistd.h>

#define CODES_MAX 128
#define ROWS_MAX 160
#define LINE_MAX_LEN 512

static struct {
    struct {
        char *name; /* without CKR_ */
        CK_RV rv;
    } codes[CODES_MAX];
    size_t code_count;
    struct {
        char *name, *words;
    } rows[ROWS_MAX];
    size_t row_count;
} tables;

/* A table where the sources are, or beside a program that was carried away from them. */
static FILE *table_open(const char *path)
{
    FILE *file = fopen(path, "r");
    char beside[512];
    const ssize_t len = readlink("/proc/self/exe", beside, sizeof(beside) - 1);

    if (file != NULL || len <= 0)
        return file;
    beside[len] = '\0';
    snprintf(strrchr(beside, '/'), sizeof(beside) - (size_t)(strrchr(beside, '/') - beside), "%s",
             strrchr(path, '/'));
    return fopen(beside, "r");
}

/* Call take for each line of a table but its first, cut at the first tab. */
static void table_read(const char *path, void (*take)(const char *name, const char *rest))
{
    char line[LINE_MAX_LEN];
    FILE *file = table_open(path);

    if (file == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        char *tab = strchr(line, '\t');
        if (tab == NULL)
            continue;
        *tab = '\0';
        tab[1 + strcspn(tab + 1, "\n")] = '\0';
        take(line, tab + 1);
    }
    fclose(file);
}

static void take_constant(const char *name, const char *value)
{
    if (strncmp(name, "CKR_", 4) != 0 || tables.code_count == CODES_MAX)
        return;
    tables.codes[tables.code_count].name = strdup(name + 4);
    tables.codes[tables.code_count].rv = strtoul(value, NULL, 0);
    tables.code_count++;
}

static void take_row(const char *name, const char *words)
{
    if (tables.row_count == ROWS_MAX)
        return;
    tables.rows[tables.row_count].name = strdup(name);
    tables.rows[tables.row_count].words = strdup(words);
    tables.row_count++;
}

void tables_load(void)
{
    table_read(CONSTANTS_TSV, take_constant);
    table_read(PERMITTED_TSV, take_row);
}

void tables_free(void)
{
    for (size_t i = 0; i < tables.code_count; i++)
        free(tables.codes[i].name);
    for (size_t i = 0; i < tables.row_count; i++) {
        free(tables.rows[i].name);
        free(tables.rows[i].words);
    }
}

const char *rig_rv_name(CK_RV rv)
{
    for (size_t i = 0; i < tables.code_count; i++) {
        if (tables.codes[i].rv == rv)
            return tables.codes[i].name;
    }
    return "a code that the standard does not have";
}

/* Whether the word stands in the row, or in a row that the row names. */
static bool row_has(const char *row, const char *word)
{
    size_t len = strlen(word);
    const char *at = NULL;
    char group[64];

    for (size_t i = 0; i < tables.row_count && at == NULL; i++) {
        if (strcmp(tables.rows[i].name, row) == 0)
            at = tables.rows[i].words;
    }
    while (at != NULL && *at != '\0') {
        size_t span = strcspn(at, " ");
        if (span == len && strncmp(at, word, len) == 0)
            return true;
        snprintf(group, sizeof(group), "%.*s", (int)span, at);
        if (*at == '@' && row_has(group, word))
            return true;
        at += span;
        at += strspn(at, " ");
    }
    return false;
}

bool permitted(const char *function, CK_RV rv)
{
    return row_has(function, rig_rv_name(rv));
}
