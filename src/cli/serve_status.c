/* What machines ask: /readyz and /metrics. */

#include "serve_internal.h"

#include <daybook/escape.h>
#include <daybook/ledger.h>
#include <daybook/view_read.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- /readyz --- */

void dbk_serve_ready(struct dbk_answer *answer)
{
    char text[160];
    struct dbk_freshness *freshness = &answer->freshness;
    int64_t limit_s = answer->serve->options->ready_lag_s;
    bool known = answer->view != NULL;
    if (known)
        dbk_serve_freshness(answer->serve, &answer->overview, &answer->audit, freshness);
    bool ready = known && freshness->lag_s <= limit_s && !freshness->log_short;
    if (!known)
        snprintf(text, sizeof text, "not ready: there is no view that can be read\n");
    else if (freshness->log_short)
        snprintf(text, sizeof text, "not ready: the log has not all events of the view\n");
    else if (!ready)
        snprintf(text, sizeof text,
                 "not ready: %" PRId64 " events wait, the oldest for %" PRId64
                 " s; the limit is %" PRId64 " s\n",
                 freshness->lag_events, freshness->lag_s, limit_s);
    else
        snprintf(text, sizeof text, "ready%s\n",
                 freshness->reachable ? "" : ", but the log does not answer");
    answer->response->status = ready ? 200 : 503;
    answer->response->content_type = "text/plain; charset=utf-8";
    dbk_buffer_add_string(&answer->response->body, text);
}

/* --- /metrics: the text format of Prometheus --- */

static void add_head(struct dbk_buffer *out, const char *name, const char *type, const char *help)
{
    const char *const words[] = {"# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        dbk_buffer_add_string(out, words[i]);
}

/** label may be "": `{reason="overdraft"}` otherwise. */
static void add_sample(struct dbk_buffer *out, const char *name, const char *label, int64_t value)
{
    char text[192];
    snprintf(text, sizeof text, "%s%s %" PRId64 "\n", name, label, value);
    dbk_buffer_add_string(out, text);
}

static void add_one(struct dbk_buffer *out, const char *name, const char *type, const char *help,
                    int64_t value)
{
    add_head(out, name, type, help);
    add_sample(out, name, "", value);
}

static void add_view(struct dbk_buffer *out, const struct dbk_overview *overview)
{
    add_one(out, "daybook_view_generation", "gauge", "Generation of the view's database.",
            overview->generation);
    add_one(out, "daybook_commits_total", "counter", "Commits of this generation.",
            overview->commit_seq);
    add_one(out, "daybook_last_commit_timestamp_seconds", "gauge",
            "When the view was committed last; 0 where never.", overview->committed_ms / 1000);
    add_one(out, "daybook_events_applied_total", "counter", "Events of the log that the view has.",
            overview->applied);
    add_one(out, "daybook_accounts", "gauge", "Accounts that had a transaction.",
            overview->account_count);
    add_head(out, "daybook_transactions_total", "counter", "Events that were posted.");
    add_sample(out, "daybook_transactions_total", "{type=\"deposit\"}", overview->deposit_count);
    add_sample(out, "daybook_transactions_total", "{type=\"withdrawal\"}",
               overview->withdrawal_count);
}

/** Reasons are left out where counting them takes too long. */
static void add_rejections(struct dbk_buffer *out, struct dbk_view *view)
{
    int64_t counts[DBK_VERDICT_COUNT];
    struct dbk_err err;
    char label[64];
    if (dbk_view_count_verdicts(view, counts, &err) != 0)
        return;
    add_head(out, "daybook_rejections_total", "counter", "Events that were not posted.");
    for (int verdict = 0; verdict < DBK_VERDICT_COUNT; verdict++) {
        if (verdict == DBK_POSTED)
            continue;
        snprintf(label, sizeof label, "{reason=\"%s\"}",
                 dbk_verdict_name((enum dbk_verdict)verdict));
        add_sample(out, "daybook_rejections_total", label, counts[verdict]);
    }
}

static void add_freshness(struct dbk_buffer *out, const struct dbk_freshness *freshness)
{
    add_one(out, "daybook_log_up", "gauge", "1 where the log answered lately.",
            freshness->reachable);
    if (freshness->lag_events >= 0) {
        add_one(out, "daybook_lag_events", "gauge", "Events in the log that the view has not.",
                freshness->lag_events);
        add_one(out, "daybook_lag_seconds", "gauge", "How long the oldest of them has waited.",
                freshness->lag_s);
    }
    add_one(out, "daybook_stuck", "gauge",
            "1 where events wait and nothing is committed, or the log has fewer than the view.",
            freshness->stuck);
    if (freshness->audit_at_ms == 0)
        return;
    add_one(out, "daybook_last_audit_timestamp_seconds", "gauge", "When the last audit ended.",
            freshness->audit_at_ms / 1000);
    add_one(out, "daybook_last_audit_differences", "gauge", "Differences that it found.",
            freshness->audit_differences);
}

static void add_server(struct dbk_buffer *out, struct dbk_http *http)
{
    char label[32];
    add_head(out, "daybook_http_requests_total", "counter", "Requests answered, by status.");
    for (int status = 100; status < 600; status++) {
        int64_t count = dbk_http_answered(http, status);
        snprintf(label, sizeof label, "{code=\"%d\"}", status);
        if (count > 0)
            add_sample(out, "daybook_http_requests_total", label, count);
    }
    add_one(out, "daybook_http_streams", "gauge", "Pages that follow the ledger live.",
            dbk_http_stream_count(http));
}

void dbk_serve_metrics(struct dbk_answer *answer)
{
    struct dbk_buffer *out = &answer->response->body;
    struct dbk_err err;
    bool known =
        answer->view != NULL && dbk_query_totals(answer->view, &answer->overview, &err) == 0;
    answer->response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    add_head(out, "daybook_build_info", "gauge", "1; the version is a label.");
    add_sample(out, "daybook_build_info", "{version=\"" DAYBOOK_VERSION "\"}", 1);
    add_one(out, "daybook_view_up", "gauge", "1 where the view can be read.", known);
    if (known) {
        dbk_serve_freshness(answer->serve, &answer->overview, &answer->audit, &answer->freshness);
        add_view(out, &answer->overview);
        add_rejections(out, answer->view);
        add_freshness(out, &answer->freshness);
    }
    add_server(out, answer->serve->http);
}
