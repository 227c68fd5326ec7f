#include "page_parts.h"

#include <daybook/digest.h>

/** Bytes of a record that are shown; the log has the rest. */
#define SHOWN_MAX 4096

static void begin_fact(struct dbk_page *page, enum dbk_text_id label)
{
    dbk_page_add(page, "<div><dt>%t</dt><dd>", label);
}

static void end_fact(struct dbk_page *page)
{
    dbk_page_add(page, "</dd></div>\n");
}

static void add_amount_fact(struct dbk_page *page, enum dbk_text_id label, const char *class,
                            dbk_int128 amount_minor)
{
    begin_fact(page, label);
    dbk_page_add(page, "<span class=\"%s\">%a</span>", class, &amount_minor);
    end_fact(page);
}

static void add_verdict(struct dbk_page *page, const struct dbk_page_event *data)
{
    const struct dbk_event_row *row = data->row;
    bool posted = row->kind == DBK_EVENT_POSTED;
    enum dbk_verdict verdict = posted ? DBK_POSTED : row->rejection.reason;
    dbk_page_add(page,
                 "<p class=\"verdict %s\"><strong><span class=\"sign\" aria-hidden=\"true\">%s"
                 "</span> %t</strong> %t",
                 posted ? "posted" : "rejected", posted ? "✓" : "✕", dbk_page_reason_text(verdict),
                 dbk_page_reason_why(verdict));
    if (!posted)
        dbk_page_detail(page, &row->rejection);
    dbk_page_add(page, "</p>\n");
}

static void add_posted(struct dbk_page *page, const struct dbk_page_event *data)
{
    const struct dbk_transaction_row *row = &data->row->transaction;
    bool deposit = row->amount_minor > 0;
    begin_fact(page, DBK_T_ACCOUNT);
    dbk_page_account_link(page, row->account);
    end_fact(page);
    begin_fact(page, DBK_T_TYPE);
    dbk_page_add(page, "%t", deposit ? DBK_T_DEPOSIT : DBK_T_WITHDRAWAL);
    end_fact(page);
    add_amount_fact(page, DBK_T_AMOUNT, deposit ? "amount in" : "amount out", row->amount_minor);
    begin_fact(page, DBK_T_TRANSACTION_DATE);
    dbk_page_add_time(page, row->date_s, true);
    end_fact(page);
    add_amount_fact(page, DBK_T_BALANCE_AFTER, "amount", row->balance_minor);
    if (row->has_declared) {
        dbk_int128 declared_minor = row->declared_minor;
        bool differs = row->declared_minor != row->balance_minor;
        begin_fact(page, DBK_T_DECLARED_BALANCE);
        dbk_page_add(page, "<span class=\"amount\">%a</span> ", &declared_minor);
        if (differs)
            dbk_page_add(page, "<em class=\"disagrees\">%t</em>", DBK_T_DISAGREES);
        else
            dbk_page_add(page, "<small>%t</small>", DBK_T_AGREES);
        end_fact(page);
    }
    if (row->memo.length > 0) {
        begin_fact(page, DBK_T_MEMO);
        dbk_page_add(page, "%x", &row->memo);
        end_fact(page);
    }
    if (data->row->has_source) {
        begin_fact(page, DBK_T_SOURCE);
        dbk_page_add(page, "<code>%x</code> <small>%t %d</small>", &data->row->source, DBK_T_SEQ,
                     data->row->seq);
        end_fact(page);
    }
}

/** A reversal is a claim of its writer: only where account and amount agree is it shown as one. */
static void add_reversals(struct dbk_page *page, const struct dbk_page_event *data)
{
    if (data->claims) {
        begin_fact(page, data->reverses ? DBK_T_REVERSES : DBK_T_CLAIMS_TO_REVERSE);
        dbk_page_event_link(page, data->other_partition, data->other_offset);
        if (!data->reverses)
            dbk_page_add(page, " <em class=\"disagrees\">%t</em>", DBK_T_CLAIM_DISAGREES);
        end_fact(page);
    }
    if (data->is_reversed || data->reversal_unknown) {
        begin_fact(page, DBK_T_REVERSED_BY);
        if (data->is_reversed)
            dbk_page_event_link(page, data->reversal_partition, data->reversal_offset);
        else
            dbk_page_add(page, "<span class=\"none\">%t</span>", DBK_T_REVERSAL_UNKNOWN);
        end_fact(page);
    }
}

static void add_record(struct dbk_page *page, const struct dbk_record *record)
{
    struct dbk_text key = {record->key, record->key_length > 0 ? (uint32_t)record->key_length : 0};
    struct dbk_text value = {record->value,
                             record->value_length > 0 ? (uint32_t)record->value_length : 0};
    uint32_t length = value.length;
    value.length = length < SHOWN_MAX ? length : SHOWN_MAX;
    begin_fact(page, DBK_T_LOG_TIME);
    if (record->timestamp_ms > 0)
        dbk_page_add_time(page, record->timestamp_ms / 1000, true);
    end_fact(page);
    begin_fact(page, DBK_T_KEY);
    if (record->key_length < 0)
        dbk_page_add(page, "<span class=\"none\">%t</span>", DBK_T_NO_KEY);
    else
        dbk_page_bytes(page, key, false);
    end_fact(page);
    begin_fact(page, DBK_T_VALUE);
    if (record->value_length < 0)
        dbk_page_add(page, "<span class=\"none\">%t</span>", DBK_T_NULL_VALUE);
    else
        dbk_page_bytes(page, value, value.length < length);
    dbk_page_add(page, " <small>");
    dbk_page_add_count(page, length, DBK_T_BYTE, DBK_T_BYTES);
    dbk_page_add(page, "</small>");
    end_fact(page);
}

/** The record as the view kept it, where the log was not read. */
static void add_kept(struct dbk_page *page, const struct dbk_rejection_row *row)
{
    begin_fact(page, DBK_T_LOG_TIME);
    if (row->timestamp_ms > 0)
        dbk_page_add_time(page, row->timestamp_ms / 1000, true);
    end_fact(page);
    begin_fact(page, DBK_T_KEY);
    if (row->has_key)
        dbk_page_bytes(page, row->key, false);
    else
        dbk_page_add(page, "<span class=\"none\">%t</span>", DBK_T_NO_KEY);
    end_fact(page);
    begin_fact(page, DBK_T_VALUE);
    dbk_page_value(page, row, SHOWN_MAX);
    end_fact(page);
}

static void add_digest(struct dbk_page *page, enum dbk_text_id label,
                       const struct dbk_digest *digest)
{
    char hex[2 * DBK_DIGEST_SIZE + 1];
    dbk_digest_hex(hex, digest);
    begin_fact(page, label);
    dbk_page_add(page, "<code class=\"digest\">%s</code>", hex);
    end_fact(page);
}

static void add_proof(struct dbk_page *page, const struct dbk_page_event *data)
{
    static const enum dbk_text_id texts[] = {
        [DBK_RECORD_UNREAD] = DBK_T_RECORD_UNREAD,
        [DBK_RECORD_READ] = DBK_T_RECORD_READ,
        [DBK_RECORD_PROVEN] = DBK_T_RECORD_PROVEN,
        [DBK_RECORD_DIFFERS] = DBK_T_RECORD_DIFFERS,
    };
    static const char *const classes[] = {
        [DBK_RECORD_UNREAD] = "unread",
        [DBK_RECORD_READ] = "unread",
        [DBK_RECORD_PROVEN] = "posted",
        [DBK_RECORD_DIFFERS] = "rejected",
    };
    dbk_page_add(page, "<p class=\"proof %s\">%t", classes[data->state], texts[data->state]);
    if (data->state == DBK_RECORD_PROVEN || data->state == DBK_RECORD_DIFFERS)
        dbk_page_add(page, " <span class=\"position\">%d:%d</span>", data->partition,
                     data->anchor->offset_next - 1);
    dbk_page_add(page, "</p>\n<p class=\"command\">%t <code>daybook verify %d:%d</code></p>\n",
                 DBK_T_VERIFY_WITH, data->partition, data->offset);
}

static void add_neighbours(struct dbk_page *page, const struct dbk_page_event *data)
{
    if (!data->row->has_before && !data->row->has_after)
        return;
    dbk_page_add(page, "<nav class=\"pager\" aria-label=\"%t\">", DBK_T_NEIGHBOURS);
    if (data->row->has_before)
        dbk_page_add(page,
                     "<a rel=\"prev\" href=\"/events/%d/%d?lang=%s\"><span aria-hidden=\"true\">‹ "
                     "</span>%t %d:%d</a>\n",
                     data->partition, data->offset - 1, dbk_lang_code(page->lang), DBK_T_EVENT,
                     data->partition, data->offset - 1);
    if (data->row->has_after)
        dbk_page_add(page,
                     "<a rel=\"next\" href=\"/events/%d/%d?lang=%s\">%t %d:%d<span "
                     "aria-hidden=\"true\"> ›</span></a>\n",
                     data->partition, data->offset + 1, dbk_lang_code(page->lang), DBK_T_EVENT,
                     data->partition, data->offset + 1);
    dbk_page_add(page, "</nav>\n");
}

void dbk_page_event(struct dbk_page *page, const struct dbk_page_event *data)
{
    const struct dbk_event_row *row = data->row;
    if (row->kind == DBK_EVENT_BEYOND) {
        dbk_page_add(page, "<p class=\"advice\">%t</p>\n", DBK_T_NOT_APPLIED);
        add_neighbours(page, data);
        return;
    }
    add_verdict(page, data);
    if (row->kind == DBK_EVENT_POSTED) {
        dbk_page_add(page,
                     "<section class=\"panel\" aria-labelledby=\"posting-title\">\n"
                     "<h2 id=\"posting-title\">%t</h2>\n<dl class=\"facts\">\n",
                     DBK_T_POSTING);
        add_posted(page, data);
        add_reversals(page, data);
        dbk_page_add(page, "</dl>\n</section>\n");
    }
    dbk_page_add(page,
                 "<section class=\"panel\" aria-labelledby=\"record-title\">\n"
                 "<h2 id=\"record-title\">%t</h2>\n<dl class=\"facts\">\n",
                 DBK_T_RECORD);
    if (data->record != NULL && data->record->value_length != DBK_LENGTH_ABSENT)
        add_record(page, data->record);
    else if (row->kind == DBK_EVENT_REJECTED)
        add_kept(page, &row->rejection);
    if (row->kind == DBK_EVENT_REJECTED && row->rejection.has_value_digest)
        add_digest(page, DBK_T_VALUE_DIGEST, &row->rejection.value_digest);
    if (data->digest != NULL)
        add_digest(page, DBK_T_CHAIN_DIGEST, data->digest);
    dbk_page_add(page, "</dl>\n");
    add_proof(page, data);
    dbk_page_add(page, "</section>\n");
    add_neighbours(page, data);
}
