/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module's life in a program, beside a real pcscd: lifecycle MODULE CASE runs one case,
 * lifecycle MODULE list prints the cases with the exit status that each must have.  lifecycle
 * MODULE only NUMBERS is what the exec cases become: it looks whether these descriptors alone are
 * open.
 */
#include "lifecycle.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 60 /* seconds for one case */

const char *module_path;

void expect_that(_Bool holds, const char *what)
{
    if (holds)
        return;
    printf("wrong: %s\n", what);
    exit(EXIT_FAILURE);
}

void expect_rv(CK_RV expected, CK_RV rv, const char *what)
{
    if (rv == expected)
        return;
    printf("%s: 0x%lX instead of 0x%lX\n", what, rv, expected);
    exit(EXIT_FAILURE);
}

void expect_finalized(CK_RV rv)
{
    if (rv != CKR_FUNCTION_CANCELED && rv != CKR_DEVICE_REMOVED && rv != CKR_USER_NOT_LOGGED_IN)
        expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, rv, "C_Sign while the module is finalised");
}

void sleep_millis(long ms)
{
    struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&span, NULL);
}

size_t descriptors_tell(size_t cap, char *ret_text)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    size_t count = 0, used = 0;

    expect_that(folder != NULL, "/proc/self/fd can be read");
    ret_text[0] = '\0';
    for (entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char target[256] = "";

        if (entry->d_name[0] == '.' || strtol(entry->d_name, NULL, 10) == dirfd(folder))
            continue;
        if (readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1) < 0)
            continue;
        used += (size_t)snprintf(ret_text + used, cap - used, "%s %s\n", entry->d_name, target);
        expect_that(used < cap, "room for all descriptors");
        count++;
    }
    closedir(folder);
    return count;
}

void begin(struct signer *ret_signer)
{
    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, ret_signer);
    (void)sign_once(ret_signer);
}

static void *busy_run(void *arg)
{
    struct busy *busy = arg;
    CK_SLOT_ID slot;

    do {
        busy->last =
            busy->signer != NULL ? sign_try(busy->signer) : p11->C_WaitForSlotEvent(0, &slot, NULL);
        if (busy->last == CKR_OK)
            atomic_fetch_add(&busy->rounds, 1);
    } while (busy->last == CKR_OK);
    return NULL;
}

void busy_start(struct busy *busy, struct signer *signer)
{
    busy->signer = signer;
    atomic_init(&busy->rounds, 0);
    expect_that(pthread_create(&busy->thread, NULL, busy_run, busy) == 0, "a thread can be made");
    while (signer != NULL && atomic_load(&busy->rounds) == 0)
        sleep_millis(1);
    if (signer == NULL)
        sleep_millis(100);
}

CK_RV busy_join(struct busy *busy)
{
    expect_that(pthread_join(busy->thread, NULL) == 0, "a thread ends");
    return busy->last;
}

static int descriptors_are(const char *numbers)
{
    char text[8192];
    size_t count = descriptors_tell(sizeof(text), text), wanted = 0;

    for (const char *at = numbers; *at != '\0'; at++)
        wanted += *at == ' ';
    if (count == wanted)
        return EXIT_SUCCESS;
    printf("descriptors%s were passed on, now there are\n%s", numbers, text);
    return EXIT_FAILURE;
}

static const struct life_case *const chapters[] = { fork_cases, close_cases, end_cases };

/* The case of this name; prints them all if name is NULL. */
static const struct life_case *case_find(const char *name)
{
    for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++) {
        for (const struct life_case *row = chapters[i]; row->name != NULL; row++) {
            if (name == NULL)
                printf("%s %d\n", row->name, row->status);
            else if (strcmp(name, row->name) == 0)
                return row;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct life_case *row;

    if (argc == 3 && strcmp(argv[2], "list") == 0) {
        (void)case_find(NULL);
        return EXIT_SUCCESS;
    }
    if (argc == 4 && strcmp(argv[2], "only") == 0)
        return descriptors_are(argv[3]);
    row = argc == 3 ? case_find(argv[2]) : NULL;
    if (row == NULL) {
        fprintf(stderr, "usage: lifecycle MODULE CASE|list\n");
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IONBF, 0); /* so that no child says again what its parent said */
    module_path = argv[1];
    (void)alarm(PATIENCE);
    row->run();
    return row->status;
}
