/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors, bytes and the log. */
#define _GNU_SOURCE
#include "unit.h"

#include "clock.h"
#include "date.h"
#include "fd.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

START_TEST(each_error_has_a_name_of_its_own)
{
    for (unsigned a = 0; a < JPKI_ERR_COUNT; a++) {
        ck_assert_str_ne(err_name((enum jpki_err)a), "unknown");
        for (unsigned b = a + 1; b < JPKI_ERR_COUNT; b++)
            ck_assert_str_ne(err_name((enum jpki_err)a), err_name((enum jpki_err)b));
    }
    ck_assert_str_eq(err_name(JPKI_ERR_COUNT), "unknown");
    ck_assert_str_eq(err_name((enum jpki_err)9999), "unknown");
}
END_TEST

START_TEST(slices)
{
    const struct slice s = DIGITS("abcdef"), none = { NULL, 0 };

    ck_assert(slice_equal(none, none) && slice_equal(s, DIGITS("abcdef")));
    ck_assert(!slice_equal(s, DIGITS("abcdeg")) && !slice_equal(s, DIGITS("abcde")));
    ck_assert(slice_equal(slice_part(s, 2, 3), DIGITS("cde")));
    ck_assert(slice_equal(slice_part(s, 4, 100), DIGITS("ef")));
    ck_assert_uint_eq(slice_part(s, 6, 1).len, 0);
    ck_assert_uint_eq(slice_part(s, 7, SIZE_MAX).len, 0);
    ck_assert_uint_eq(slice_part(none, 0, 1).len, 0);
}
END_TEST

START_TEST(buffers_never_grow)
{
    uint8_t room[4];
    struct buf buf = BUF_OVER(room);

    ok(buf_put(&buf, DIGITS("abc")));
    fails("buffer", buf_put(&buf, DIGITS("de")));
    ck_assert_uint_eq(buf.len, 3);
    ok(buf_put_byte(&buf, 'd'));
    fails("buffer", buf_put_byte(&buf, 'e'));
    ok(buf_put(&buf, slice_of(NULL, 0)));
    ck_assert(slice_equal(buf_slice(&buf), DIGITS("abcd")));
}
END_TEST

START_TEST(secrets)
{
    uint8_t a[4] = "123", b[4] = "123";

    ck_assert(secret_equal(a, b, 4));
    b[3] = 1;
    ck_assert(!secret_equal(a, b, 4) && secret_equal(a, b, 3) && secret_equal(a, b, 0));
    wipe(a, sizeof(a));
    ck_assert(a[0] == 0 && a[1] == 0 && a[2] == 0 && a[3] == 0);
    wipe(NULL, 0);
}
END_TEST

START_TEST(padding_cuts_at_characters)
{
    uint8_t field[5];

    pad_text(field, sizeof(field), "ab");
    ck_assert_mem_eq(field, "ab   ", 5);
    pad_text(field, sizeof(field), "abcdefg");
    ck_assert_mem_eq(field, "abcde", 5);
    pad_text(field, sizeof(field), "\xE5\x85\xAC\xE7\x9A\x84");
    ck_assert_mem_eq(field, "\xE5\x85\xAC  ", 5);
    pad_text(field, sizeof(field), "");
    ck_assert_mem_eq(field, "     ", 5);
}
END_TEST

static char folder[] = "jpki-unit-XXXXXX"; /* in the folder the test runs in */
static char path[64];

static void folder_make(void)
{
    memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_gt(snprintf(path, sizeof(path), "%s/log", folder), 0);
}

static void folder_remove(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void text_read(char *text, size_t cap)
{
    FILE *file = fopen(path, "r");
    size_t len;

    ck_assert_ptr_nonnull(file);
    len = fread(text, 1, cap - 1, file);
    text[len] = '\0';
    ck_assert_int_eq(fclose(file), 0);
}

static bool utc_is_tm(struct utc utc, const struct tm *tm)
{
    return (int)utc.year == tm->tm_year + 1900 && (int)utc.month == tm->tm_mon + 1 &&
           (int)utc.day == tm->tm_mday && (int)utc.hour == tm->tm_hour &&
           (int)utc.minute == tm->tm_min && (int)utc.second == tm->tm_sec;
}

/* Each day of four centuries, at many times of the day. */
START_TEST(dates_are_those_of_gmtime)
{
    unsigned wrong = 0;

    for (uint64_t day = 0; day < 146097; day++) {
        const time_t when = (time_t)(day * 86400 + day * 911 % 86400);
        struct tm tm;

        wrong += gmtime_r(&when, &tm) == NULL || !utc_is_tm(utc_of((uint64_t)when), &tm);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(log_is_private_and_of_one_line_each)
{
    char text[2048], longer[600];
    struct stat st;

    folder_make();
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    ok(log_open(path));
    ck_assert(log_on());
    log_line("reader %s", "a\nb\x1b");
    log_line("%s", longer);
    log_close();
    ck_assert(!log_on());
    log_line("nobody hears this");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    text_read(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "] reader a?b?\n"));
    ck_assert_ptr_null(strstr(text, "nobody"));
    ck_assert_uint_eq(strlen(strchr(text, '\n') + 1), 400);
    folder_remove();
}
END_TEST

START_TEST(log_keeps_lines_back)
{
    char text[16384];

    folder_make();
    ok(log_open(path));
    log_hold();
    log_line("in a visit");
    text_read(text, sizeof(text));
    ck_assert_str_eq(text, "");
    log_release();
    log_line("after it");
    text_read(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "] in a visit\n"));
    ck_assert_ptr_nonnull(strstr(strstr(text, "in a visit"), "after it\n"));
    log_hold();
    for (int i = 0; i < 400; i++)
        log_line("more than there is room for: %d", i);
    log_release();
    log_line("the last one");
    text_read(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "lines were left out"));
    ck_assert_ptr_nonnull(strstr(text, "the last one\n"));
    log_close();
    folder_remove();
}
END_TEST

/* While a machine sleeps CLOCK_MONOTONIC stands still, and a PIN would outlive the night.  A
 * namespace has slept for us. */
START_TEST(clock_counts_sleep)
{
    const char offset[] = "boottime 100000 0";
    struct timespec boot;
    int fd, status;

    if (unshare(CLONE_NEWTIME) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWTIME) != 0) {
        printf("not tried: no namespace of time\n");
        return;
    }
    fd = open("/proc/self/timens_offsets", O_WRONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, offset, strlen(offset)), strlen(offset));
    ck_assert_int_eq(close(fd), 0);
    if (fork() == 0) {
        (void)clock_gettime(CLOCK_BOOTTIME, &boot);
        _exit(clock_ms() / 1000 - (uint64_t)boot.tv_sec < 5 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    ck_assert(wait(&status) > 0 && status == 0);
}
END_TEST

/* A program closes all it does not know, and opens files of its own under those numbers. */
START_TEST(log_leaves_the_programs_files_alone)
{
    char text[64], own[80];
    struct stat st;
    int log, fd;

    folder_make();
    ck_assert_int_gt(snprintf(own, sizeof(own), "%s.own", path), 0);
    ok(log_open(path));
    fd = open(own, O_RDWR | O_CREAT, 0600);
    log = fd - 1;
    ck_assert_int_eq(dup2(fd, log), log);
    log_line("not for that file");
    ck_assert(!log_on());
    log_close();
    ck_assert_int_ge(fcntl(log, F_GETFD), 0);
    ck_assert_int_eq(stat(own, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
    text_read(text, sizeof(text));
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(unlink(own), 0);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(close(log), 0);
    folder_remove();
}
END_TEST

/* Programs that begin without them: what they print must not go into what we open. */
START_TEST(descriptors_stay_above_two)
{
    struct fd_name name;
    char byte = 0;
    int saved[3], ends[2], fd;

    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
        (void)close(i);
    }
    fds_low_take();
    fds_low_take();
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    ck_assert_int_gt(fd, 2);
    ck_assert(write(1, &byte, 1) == -1 && errno == EBADF && read(0, &byte, 1) == -1 &&
              errno == EBADF);
    fds_low_give();
    ck_assert_int_eq(fcntl(2, F_GETFD), 0 + FD_CLOEXEC);
    ck_assert_int_eq(dup2(saved[2], 2), 2); /* the program gets it back meanwhile */
    fds_low_give();
    ck_assert_int_eq(fcntl(1, F_GETFD), -1);
    ck_assert_int_ge(fcntl(2, F_GETFD), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(dup2(saved[i], i), i);
    name = fd_name_of(fd);
    ck_assert(fd_is_still(&name));
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], fd), fd);
    ck_assert(!fd_is_still(&name));
    fd_close(&name);
    ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
    name = fd_name_of(fd);
    fd_close(&name);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

START_TEST(log_refuses_links_and_fifos)
{
    char target[64];

    folder_make();
    ck_assert_int_gt(snprintf(target, sizeof(target), "%s/target", folder), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    fails("argument", log_open(path));
    ck_assert(!log_on());
    ck_assert_int_eq(access(target, F_OK), -1);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    fails("argument", log_open(path));
    fails("argument", log_open("no-such-folder/log"));
    ok(log_open("off"));
    ok(log_open(NULL));
    ck_assert(!log_on());
    ok(log_open("stderr"));
    ck_assert(log_on());
    log_close();
    ck_assert_int_ge(fcntl(STDERR_FILENO, F_GETFD), 0);
    folder_remove();
}
END_TEST

START_TEST(log_shows_no_pin_and_no_file)
{
    static const uint8_t verify[] = { 0x00, 0x20, 0x00, 0x98, 4, '1', '2', '3', '4' },
                         done[] = { 0x90, 0x00 };
    static const uint8_t change[] = { 0x00, 0x24, 0x01, 0x80, 4, '5', '6', '7', '8' };
    static const uint8_t query[] = { 0x00, 0x20, 0x00, 0x80 };
    static const uint8_t read[] = { 0x00, 0xB0, 0x81, 0x00, 4 },
                         file[] = { 'N', 'A', 'M', 'E', 0x90, 0x00 };
    static const uint8_t select[] = { 0x00, 0xA4, 0x02, 0x0C, 2, 0x00, 0x18 }, one[] = { 0x90 };
    char text[2048];

    folder_make();
    ok(log_open(path));
    log_exchange(SLICE_OF(verify), SLICE_OF(done), JPKI_OK);
    log_exchange(SLICE_OF(change), slice_of(NULL, 0), JPKI_ERR_IO);
    log_exchange(SLICE_OF(query), SLICE_OF(done), JPKI_OK);
    log_exchange(SLICE_OF(read), SLICE_OF(file), JPKI_OK);
    log_exchange(SLICE_OF(select), SLICE_OF(one), JPKI_OK);
    log_exchange(slice_of(select, 3), SLICE_OF(done), JPKI_OK);
    log_close();
    text_read(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "apdu 00 20 00 98 (with a PIN) -> 9000 (0 bytes)\n"));
    ck_assert_ptr_nonnull(strstr(text, "apdu 00 24 01 80 (with a PIN) -> io\n"));
    ck_assert_ptr_nonnull(strstr(text, "apdu 00 20 00 80 (4 bytes) -> 9000"));
    ck_assert_ptr_nonnull(strstr(text, "apdu 00 B0 81 00 (5 bytes) -> 9000 (4 bytes)\n"));
    ck_assert_ptr_nonnull(strstr(text, "apdu 00 A4 02 0C (7 bytes) 0018 -> no status word\n"));
    ck_assert_ptr_null(strstr(text, "1234"));
    ck_assert_ptr_null(strstr(text, "31323334"));
    ck_assert_ptr_null(strstr(text, "5678"));
    ck_assert_ptr_null(strstr(text, "NAME"));
    ck_assert_ptr_null(strstr(text, "4E414D45"));
    folder_remove();
}
END_TEST

START_TEST(log_of_a_whole_signature_has_no_pin)
{
    uint8_t room[CARD_SIGNATURE_MAX];
    struct buf signature = BUF_OVER(room);
    struct guard_ask ask = ask_typed(ROLE_SIGN);
    char text[4096];

    folder_make();
    ok(log_open(path));
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN
                                 "< 9000\n> 802A009A 02 6869 00\n< 5A*256 9000\n" DROP));
    ask.job = GUARD_SIGN;
    ask.input = DIGITS("hi");
    ask.out = &signature;
    ok(unit_pass(ask));
    log_close();
    text_read(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "apdu 80 2A 00 9A"));
    ck_assert_ptr_null(strstr(text, "ABC123"));
    ck_assert_ptr_null(strstr(text, "414243313233"));
    ck_assert_ptr_null(strstr(text, "6869"));
    unit_finish();
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_error_has_a_name_of_its_own,
        slices,
        buffers_never_grow,
        secrets,
        padding_cuts_at_characters,
        dates_are_those_of_gmtime,
        log_is_private_and_of_one_line_each,
        clock_counts_sleep,
        log_keeps_lines_back,
        log_leaves_the_programs_files_alone,
        descriptors_stay_above_two,
        log_refuses_links_and_fifos,
        log_shows_no_pin_and_no_file,
        log_of_a_whole_signature_has_no_pin,
    };

    return unit_run("base", tests, sizeof(tests) / sizeof(tests[0]));
}
