/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notices for the person at the desktop.  A card that was put in is looked at once, when no other
 * program is connected to it; nothing is asked of it after that.  That a try was lost is told by
 * whoever sent the PIN (herald.h), and costs nothing.
 */
#include "watch_words.h"

#include "follow.h"
#include "notice.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* a card that another program works with is waited for; pcscd is asked, not the card ... */
#define BUSY_MIN_MS 1000
#define BUSY_MAX_MS 60000 /* ... ever more seldom */

/* A reader whose card has been, or is still to be, looked at. */
struct post {
    char name[READER_NAME_MAX];
    bool waiting;
    unsigned pause_ms;
    uint32_t notice;
};

struct watcher {
    struct status_wish wish;
    struct post posts[READER_MAX];
};

static void words_show(const struct words *words, uint32_t *notice)
{
    const struct notice shown = { words->summary, words->body, words->urgent };

    /* it said so where it failed, and the next one may be shown */
    (void)notice_show(&shown, notice);
}

/* ---- cards that are put in ---- */

/* Its post, or a free one; NULL if there is none. */
static struct post *post_of(struct watcher *watcher, const char *reader)
{
    struct post *place = NULL;

    for (size_t i = 0; i < READER_MAX; i++) {
        struct post *post = &watcher->posts[i];
        if (strcmp(post->name, reader) == 0)
            return post;
        if (place == NULL && post->name[0] == '\0')
            place = post;
    }
    if (place != NULL)
        memcpy(place->name, reader, strlen(reader) + 1);
    return place;
}

/* False: it could not be asked because another program has it. */
static bool card_tell(struct watcher *watcher, const struct reader_view *view, struct post *post)
{
    struct reader_status status;
    struct words words;
    bool asked;

    status_gather(&watcher->wish, view, &status);
    asked = status.err != JPKI_ERR_IN_USE;
    if (status.err == JPKI_OK && words_of_card(&status, time(NULL), &words))
        words_show(&words, &post->notice);
    status_free(&status);
    return asked;
}

static void reader_look(void *user, const struct reader_view *before, const struct reader_view *now)
{
    struct watcher *watcher = user;
    struct post *post =
        reader_meant(&watcher->wish.place, now->name) ? post_of(watcher, now->name) : NULL;

    if (post == NULL)
        return;
    if (view_news(before, now)) {
        post->waiting = now->present;
        post->pause_ms = BUSY_MIN_MS;
    }
    if (!now->known)
        post->name[0] = '\0'; /* free for another */
    if (!post->waiting)
        return;
    post->waiting = now->used || !card_tell(watcher, now, post);
    if (post->waiting && !view_news(before, now))
        post->pause_ms = post->pause_ms < BUSY_MAX_MS / 2 ? post->pause_ms * 2 : BUSY_MAX_MS;
}

static void readers_begin(void *user, const struct reader_view *views, size_t count)
{
    for (size_t i = 0; i < count; i++)
        reader_look(user, NULL, &views[i]);
}

static unsigned busy_patience(void *user)
{
    const struct watcher *watcher = user;
    unsigned least = 0;

    for (size_t i = 0; i < READER_MAX; i++) {
        const struct post *post = &watcher->posts[i];
        if (post->waiting && (least == 0 || post->pause_ms < least))
            least = post->pause_ms;
    }
    return least;
}

/* ---- tries that are lost ---- */

static void *refusals_hear(void *arg)
{
    const int fd = *(const int *)arg;
    struct herald_news news;
    struct words words;
    uint32_t notice[ROLE_COUNT] = { 0 };
    ssize_t got;

    do {
        got = recv(fd, &news, sizeof(news), MSG_TRUNC);
        if (got == (ssize_t)sizeof(news) && words_of_refusal(&news, &words))
            words_show(&words, &notice[news.role]);
    } while (got >= 0 || errno == EINTR);
    return NULL;
}

/* The socket that modules of this person tell it; CODE_OK, or it was said why there is none. */
static int ear_open(int *ret_fd)
{
    struct sockaddr_un place = { .sun_family = AF_UNIX };
    char path[HERALD_PATH_MAX];
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int code = CODE_OK;

    herald_path(path);
    memcpy(place.sun_path, path, strlen(path));
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&place, sizeof(place)) == 0) {
        say_error("%s", _("'jpki-token watch --notify' runs already"));
        code = CODE_USAGE;
    } else {
        (void)umask(077); /* bind has no other way to say it */
        (void)unlink(path);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&place, sizeof(place)) != 0) {
            say_error(_("%s cannot be made: %m"), path);
            code = CODE_FAILED;
        }
    }
    if (code == CODE_OK)
        *ret_fd = fd;
    else if (fd >= 0)
        (void)close(fd);
    return code;
}

static int notices_give(struct watcher *watcher)
{
    const struct follower follower = { .user = watcher,
                                       .begin = readers_begin,
                                       .look = reader_look,
                                       .patience = busy_patience,
                                       .outlive = true };
    pthread_t listener;
    int fd = -1, code = notice_ready();

    if (code == CODE_OK)
        code = ear_open(&fd);
    if (code != CODE_OK)
        return code;
    if (pthread_create(&listener, NULL, refusals_hear, &fd) != 0) {
        (void)close(fd);
        return error_explain(JPKI_ERR_MEMORY);
    }
    code = readers_follow(&follower);
    (void)pthread_cancel(listener);
    (void)pthread_join(listener, NULL);
    (void)close(fd);
    return code;
}

int command_watch(int argc, char **argv)
{
    struct watcher watcher = { .wish.source = PIN_SOURCE_START };
    bool notify = false;
    const struct option_row rows[] = {
        PLACE_OPTIONS(&watcher.wish.place),
        { "notify", OPTION_FLAG, &notify, NULL,
          N_("show notices on the desktop in place of text") },
        { .name = NULL },
    };
    const struct usage usage = {
        "watch [options]",
        N_("Go on showing what becomes of readers and cards, until Ctrl-C. With --notify: a notice on the desktop when a "
           "try was lost, when a PIN has one try left or is locked, and when a certificate ends soon."),
        rows
    };
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 1)
        return usage_complain(&usage, _("what is '%s'?"), argv[1]);
    return notify ? notices_give(&watcher) : status_follow(&watcher.wish);
}
