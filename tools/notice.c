/* SPDX-License-Identifier: BSD-3-Clause */
#include "notice.h"

#include <string.h>
#include <systemd/sd-bus.h>

#define ICON "dialog-password" /* of the freedesktop names: each theme has it */
#define ANSWER_US 10000000     /* a desktop may have to be started first */
#define URGENCY_NORMAL 1
#define URGENCY_CRITICAL 2

int notice_ready(void)
{
    sd_bus *bus = NULL;
    int end = sd_bus_open_user(&bus);

    sd_bus_flush_close_unref(bus);
    if (end >= 0)
        return CODE_OK;
    say_error(_("there is no desktop to show notices on: %s"), strerror(-end));
    say_next("%s",
             _("Start it in a session of your desktop (DBUS_SESSION_BUS_ADDRESS names its bus)."));
    return CODE_FAILED;
}

/* One connection a notice: nothing is left open that would have to be looked after while nothing
 * happens. */
static int notice_send(sd_bus *bus, const struct notice *notice, uint32_t *id, sd_bus_error *error)
{
    const uint8_t urgency = notice->urgent ? URGENCY_CRITICAL : URGENCY_NORMAL;
    sd_bus_message *call = NULL, *answer = NULL;
    uint32_t shown = 0;
    int end = sd_bus_message_new_method_call(bus, &call, "org.freedesktop.Notifications",
                                             "/org/freedesktop/Notifications",
                                             "org.freedesktop.Notifications", "Notify");

    if (end >= 0)
        end = sd_bus_message_append(call, "susssasa{sv}i", "jpki-token", *id, ICON, notice->summary,
                                    notice->body, 0, 1, "urgency", "y", urgency, -1);
    if (end >= 0)
        end = sd_bus_call(bus, call, ANSWER_US, error, &answer);
    if (end >= 0)
        end = sd_bus_message_read(answer, "u", &shown);
    if (end >= 0)
        *id = shown;
    sd_bus_message_unref(answer);
    sd_bus_message_unref(call);
    return end;
}

int notice_show(const struct notice *notice, uint32_t *id)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus *bus = NULL;
    int end = sd_bus_open_user(&bus);

    if (end >= 0)
        end = notice_send(bus, notice, id, &error);
    if (end < 0)
        say_error(_("a notice could not be shown: %s"),
                  error.message != NULL ? error.message : strerror(-end));
    sd_bus_error_free(&error);
    sd_bus_flush_close_unref(bus);
    return end < 0 ? CODE_FAILED : CODE_OK;
}
