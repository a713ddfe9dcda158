/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_status.h"

#include "follow.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether this reader is to be shown at all. */
static bool wanted(const struct status_wish *wish, const struct reader_status *status)
{
    if (wish->place.serial == NULL)
        return true;
    return status->err == JPKI_OK && strcasecmp(wish->place.serial, status->holder.serial) == 0;
}

/* All readers that are meant.  *ret_shown counts them, *ret_jpki the cards among them that are
 * of this kind. */
static void readers_show(const struct status_wish *wish, const struct reader_view *views,
                         size_t count, size_t *ret_shown, size_t *ret_jpki)
{
    struct json json = { .depth = 0 };
    const time_t now = time(NULL);

    if (wish->json) {
        json_object(&json, NULL);
        json_list(&json, "readers");
    }
    for (size_t i = 0; i < count; i++) {
        struct reader_status status;
        if (!reader_meant(&wish->place, views[i].name))
            continue;
        status_gather(wish, &views[i], &status);
        if (wanted(wish, &status)) {
            if (!wish->json && *ret_shown > 0)
                text_line(stdout, "%s", "");
            if (wish->json)
                status_show_json(&json, &status, now);
            else
                status_show(&status, now);
            (*ret_shown)++;
            *ret_jpki += status.err == JPKI_OK ? 1 : 0;
        }
        status_free(&status);
    }
    if (wish->json) {
        json_end(&json);
        json_end(&json);
    }
}

static int show_once(const struct status_wish *wish)
{
    struct reader_view views[READER_MAX];
    size_t count = 0, shown = 0, jpki = 0;
    enum jpki_err err = readers_list(views, &count);

    if (err != JPKI_OK)
        return error_explain(err);
    readers_show(wish, views, count, &shown, &jpki);
    if (shown == 0 && (wish->place.reader != NULL || wish->place.serial != NULL)) {
        say_error("%s", _("no reader or card here is the one that was asked for"));
        return CODE_NO_CARD;
    }
    if (count == 0)
        return error_explain(JPKI_ERR_NO_READER);
    return jpki > 0 ? CODE_OK : CODE_NO_CARD;
}

static void event_show(const char *event, const char *reader)
{
    const time_t now = time(NULL);
    struct tm parts;
    char clock[16] = "";

    if (localtime_r(&now, &parts) != NULL)
        (void)strftime(clock, sizeof(clock), "%H:%M:%S", &parts);
    text_head("--- %s %s: %s", clock, event, reader);
}

/* Show what became of one reader. */
static void change_show(void *user, const struct reader_view *before, const struct reader_view *now)
{
    const struct status_wish *wish = user;
    size_t shown = 0, jpki = 0;

    if (!view_news(before, now))
        return;
    if (!wish->json)
        event_show(!now->known    ? _("reader unplugged")
                   : now->present ? _("card inserted")
                                  : _("card removed"),
                   now->name);
    if (now->known && (now->present || wish->json))
        readers_show(wish, now, 1, &shown, &jpki);
    fflush(stdout);
}

static void all_show(void *user, const struct reader_view *views, size_t count)
{
    size_t shown = 0, jpki = 0;

    readers_show(user, views, count, &shown, &jpki);
    fflush(stdout);
}

/* Where a pager reads, and has quit: nothing is left to be told, and nothing of the card is
 * held. */
static void *pager_await(void *arg)
{
    struct pollfd out = { .fd = STDOUT_FILENO };

    while (poll(&out, 1, -1) < 0 && errno == EINTR)
        continue;
    if ((out.revents & (POLLERR | POLLHUP)) != 0)
        _exit(CODE_FAILED);
    return arg;
}

static void pager_follow(void)
{
    pthread_t thread;
    struct stat st;

    if (fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) &&
        pthread_create(&thread, NULL, pager_await, NULL) == 0)
        (void)pthread_detach(thread);
}

int status_follow(struct status_wish *wish)
{
    const struct follower follower = { .user = wish, .begin = all_show, .look = change_show };

    pager_follow();
    return readers_follow(&follower);
}

int command_status(int argc, char **argv)
{
    struct status_wish wish = { .source = PIN_SOURCE_START };
    const struct option_row rows[] = {
        PLACE_OPTIONS(&wish.place),
        { "with-sign", OPTION_FLAG, &wish.with_sign, NULL,
          N_("ask for the password and show the signature certificate's dates") },
        { "watch", OPTION_FLAG, &wish.watch, NULL, N_("go on showing what changes, until Ctrl-C") },
        { "json", OPTION_FLAG, &wish.json, NULL, N_("print JSON") },
        PIN_OPTIONS(&wish.source),
        { .name = NULL },
    };
    const struct usage usage = {
        "status [options]",
        N_("Show the readers, the card, the tries left for each PIN, and how long each certificate is valid."),
        rows
    };
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 1)
        return usage_complain(&usage, _("what is '%s'?"), argv[1]);
    return wish.watch ? status_follow(&wish) : show_once(&wish);
}
