#include <daybook/message.h>

#include <daybook/clock.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/** Who has the terminal, if not we: the library's threads speak too. */
static pthread_mutex_t diverted_mutex = PTHREAD_MUTEX_INITIALIZER;
static dbk_take_message *diverted;
static void *diverted_context;

void dbk_message_divert(dbk_take_message *take, void *context)
{
    pthread_mutex_lock(&diverted_mutex);
    diverted = take;
    diverted_context = context;
    pthread_mutex_unlock(&diverted_mutex);
}

static bool may_show_progress(void)
{
    pthread_mutex_lock(&diverted_mutex);
    bool mine = diverted == NULL;
    pthread_mutex_unlock(&diverted_mutex);
    return mine && isatty(STDERR_FILENO) == 1;
}

static void say(const char *prefix, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void say(const char *prefix, const char *format, va_list arguments)
{
    char text[4096];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        return;
    /* A message may quote a broker's or a file's bytes; they must not reach the terminal raw. Line
     * breaks are our own. */
    char line[sizeof text];
    size_t used = 0;
    for (const char *p = text; *p != '\0' && used < sizeof line - 5; p++) {
        unsigned char c = (unsigned char)*p;
        if ((c < 0x20 && c != '\n') || c == 0x7F)
            used += (size_t)snprintf(line + used, 5, "\\x%02X", c);
        else
            line[used++] = (char)c;
    }
    char whole[sizeof line + 64];
    snprintf(whole, sizeof whole, "daybook: %s%.*s", prefix, (int)used, line);
    pthread_mutex_lock(&diverted_mutex);
    if (diverted != NULL)
        diverted(diverted_context, whole);
    else
        fprintf(stderr, "%s%s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", whole);
    pthread_mutex_unlock(&diverted_mutex);
}

void dbk_message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("", format, arguments);
    va_end(arguments);
}

void dbk_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("warning: ", format, arguments);
    va_end(arguments);
}

void dbk_progress_start(struct dbk_progress *progress, const char *verb, const char *unit,
                        int64_t total)
{
    *progress = (struct dbk_progress){
        .verb = verb,
        .unit = unit,
        .total = total,
        .started_ms = dbk_clock_monotonic_ms(),
        .visible = may_show_progress(),
    };
    progress->shown_ms = progress->started_ms;
}

void dbk_progress_update(struct dbk_progress *progress, int64_t done)
{
    int64_t now_ms = progress->visible ? dbk_clock_monotonic_ms() : 0;
    if (!progress->visible || now_ms - progress->shown_ms < 200)
        return;
    progress->shown_ms = now_ms;
    int64_t elapsed_ms = now_ms - progress->started_ms;
    int64_t rate = done * 1000 / (elapsed_ms > 0 ? elapsed_ms : 1);
    fprintf(stderr, "\r\033[K%s %" PRId64, progress->verb, done);
    if (progress->total > 0)
        fprintf(stderr, " of %" PRId64 " %s (%" PRId64 " %%)", progress->total, progress->unit,
                done * 100 / progress->total);
    else
        fprintf(stderr, " %s", progress->unit);
    fprintf(stderr, ", %" PRId64 "/s", rate);
    if (progress->total > done && rate > 0)
        fprintf(stderr, ", %" PRId64 " s left", (progress->total - done) / rate + 1);
    fflush(stderr);
}

void dbk_progress_note(const char *text)
{
    if (may_show_progress())
        fprintf(stderr, "\r\033[K%s", text);
}

void dbk_progress_end(struct dbk_progress *progress)
{
    if (progress->visible)
        fputs("\r\033[K", stderr);
    progress->visible = false;
}
