/* SPDX-License-Identifier: BSD-3-Clause */
/* Print the tables of libjpki-pkcs11(7) from the module's own rows, as roff. */
#include "attr.h"
#include "config.h"
#include "mech.h"
#include "object.h"

#include <stdio.h>
#include <string.h>

/* A class as the page's columns have it. */
static const struct class_row {
    CK_OBJECT_CLASS class;
    const char *name;
} classes[] = {
    { CKO_CERTIFICATE, "certificate" },
    { CKO_PUBLIC_KEY, "public" },
    { CKO_PRIVATE_KEY, "private" },
    { CKO_PROFILE, "profile" },
};

#define CLASS_COUNT (sizeof(classes) / sizeof(classes[0]))

static const char *class_name(CK_OBJECT_CLASS class)
{
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (classes[i].class == class)
            return classes[i].name;
    }
    return "?";
}

static void options_print(void)
{
    const struct config_row *row;

    for (size_t i = 0; (row = config_row_at(i)) != NULL; i++)
        printf(".TP\n\\fB%s=\\fP%s\nDefault: %s\n.br\n.so_%s\n", row->key, row->values,
               row->fallback[0] == '\0' ? "none" : row->fallback, row->key);
}

static const char *input_text(const struct mech_row *row)
{
    switch (row->input) {
    case INPUT_PLAIN: return "1-245 bytes";
    case INPUT_DIGEST: return "digest";
    case INPUT_MESSAGE: return "message";
    }
    return "?";
}

static void mechanisms_print(void)
{
    size_t count = 0;
    const struct mech_row *rows = mech_rows(&count);

    printf(".TS\nl l l l.\nMechanism\tUse\tInput\tKey\n_\n");
    for (size_t i = 0; i < count; i++) {
        const bool digest = (rows[i].flags & CKF_DIGEST) != 0;
        if (!digest && rows[i].key != KEY_RSA_2048)
            continue; /* rows for a card that does not exist yet */
        printf("%s\t%s\t%s\t%s\n", rows[i].name, digest ? "digest" : "sign, verify",
               input_text(&rows[i]),
               digest               ? "-"
               : rows[i].pss_params ? "RSA (PSS)"
                                    : "RSA");
    }
    printf(".TE\n");
}

static void objects_print(void)
{
    printf(".TS\nl l l l.\nToken\tClass\tID\tLabel\n_\n");
    for (size_t i = 0; i < object_count(); i++) {
        const struct object_row *row = object_at(i);
        printf("%s\t%s\t", row->role == ROLE_AUTH ? "authentication" : "signature",
               class_name(row->class));
        if (row->class == CKO_PROFILE)
            printf("-\t%s\n", row->label);
        else
            printf("%02X\t%s\n", row->id, row->label);
    }
    printf(".TE\n");
}

static void attributes_print(void)
{
    printf(".TS\nl c c c c.\nAttribute");
    for (size_t i = 0; i < CLASS_COUNT; i++)
        printf("\t%s", i == 0 ? "cert." : classes[i].name);
    printf("\n_\n");
    for (size_t i = 0; i < attr_count(); i++) {
        const struct attr_fact fact = attr_fact_at(i);
        printf("%s", fact.name);
        for (size_t j = 0; j < CLASS_COUNT; j++) {
            const bool has = (fact.classes & (1u << classes[j].class)) != 0;
            printf("\t%s", !has             ? "-"
                           : fact.sensitive ? "hidden"
                           : fact.from_cert ? "read"
                                            : "yes");
        }
        putchar('\n');
    }
    printf(".TE\n");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } tables[] = {
        { "options", options_print },
        { "objects", objects_print },
        { "mechanisms", mechanisms_print },
        { "attributes", attributes_print },
    };

    for (size_t i = 0; argc == 2 && i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (strcmp(argv[1], tables[i].name) == 0) {
            tables[i].print();
            return 0;
        }
    }
    fprintf(stderr, "usage: man-tables options|objects|mechanisms|attributes\n");
    return 2;
}
