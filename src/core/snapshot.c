#include <daybook/snapshot.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct dbk_snapshot {
    int32_t partition;
    int32_t partition_count;
    json_t *settled; /* key -> value, of finished rounds */
    json_t *pending; /* since the last marker; null: deleted */
    struct dbk_state_marker *markers;
    size_t marker_count;
    size_t marker_capacity;
    int64_t junk_count;
};

int dbk_snapshot_open(struct dbk_snapshot **snapshot, int32_t partition, int32_t partition_count)
{
    *snapshot = NULL;
    struct dbk_snapshot *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return DBK_ENOMEM;
    opened->partition = partition;
    opened->partition_count = partition_count;
    opened->settled = json_object();
    opened->pending = json_object();
    if (opened->settled == NULL || opened->pending == NULL) {
        dbk_snapshot_close(opened);
        return DBK_ENOMEM;
    }
    *snapshot = opened;
    return 0;
}

void dbk_snapshot_close(struct dbk_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    json_decref(snapshot->settled);
    json_decref(snapshot->pending);
    free(snapshot->markers);
    free(snapshot);
}

/** A round is finished: what was pending is settled. */
static int settle(struct dbk_snapshot *snapshot, const struct dbk_state_marker *marker)
{
    const char *key;
    size_t length;
    json_t *value;
    void *next;
    if (snapshot->marker_count == snapshot->marker_capacity) {
        size_t larger = snapshot->marker_capacity == 0 ? 8 : snapshot->marker_capacity * 2;
        void *moved = realloc(snapshot->markers, larger * sizeof *snapshot->markers);
        if (moved == NULL)
            return DBK_ENOMEM;
        snapshot->markers = moved;
        snapshot->marker_capacity = larger;
    }
    snapshot->markers[snapshot->marker_count++] = *marker;
    json_object_keylen_foreach_safe(snapshot->pending, next, key, length, value)
    {
        if (json_is_null(value))
            json_object_deln(snapshot->settled, key, length);
        else if (json_object_setn_nocheck(snapshot->settled, key, length, value) != 0)
            return DBK_ENOMEM;
    }
    json_object_clear(snapshot->pending);
    return 0;
}

int dbk_snapshot_add(struct dbk_snapshot *snapshot, const struct dbk_record *record)
{
    static const struct dbk_text marker_key = {DBK_STATE_MARKER_KEY,
                                               sizeof DBK_STATE_MARKER_KEY - 1};
    struct dbk_state_marker marker;
    bool keyed = record->key_length > 0 && record->key_length <= DBK_STATE_KEY_MAX;
    bool valued = record->value_length > 0 && record->value_length <= DBK_STATE_ENTRY_MAX;
    if (!keyed || (!valued && record->value_length != DBK_LENGTH_NULL)) {
        snapshot->junk_count++;
        return 0;
    }
    struct dbk_text value = {record->value, valued ? (uint32_t)record->value_length : 0};
    if ((uint32_t)record->key_length == marker_key.length &&
        memcmp(record->key, marker_key.bytes, marker_key.length) == 0) {
        if (valued && dbk_state_decode_marker(&marker, value) &&
            marker.partition == snapshot->partition)
            return settle(snapshot, &marker);
        snapshot->junk_count += valued;
        return 0;
    }
    /* The text is looked at when it is used: here it is only kept. */
    json_t *kept = valued ? json_stringn_nocheck(value.bytes, value.length) : json_null();
    if (kept == NULL || json_object_setn_new_nocheck(snapshot->pending, record->key,
                                                     (size_t)record->key_length, kept) != 0)
        return DBK_ENOMEM;
    return 0;
}

size_t dbk_snapshot_marker_count(const struct dbk_snapshot *snapshot)
{
    return snapshot->marker_count;
}

const struct dbk_state_marker *dbk_snapshot_marker(const struct dbk_snapshot *snapshot, size_t i)
{
    DBK_ASSERT(i < snapshot->marker_count);
    return &snapshot->markers[i];
}

int64_t dbk_snapshot_junk_count(const struct dbk_snapshot *snapshot)
{
    return snapshot->junk_count;
}

bool dbk_snapshot_find(const struct dbk_snapshot *snapshot, bool settled, struct dbk_text key,
                       struct dbk_text *value)
{
    const json_t *found =
        settled ? NULL : json_object_getn(snapshot->pending, key.bytes, key.length);
    if (found == NULL)
        found = json_object_getn(snapshot->settled, key.bytes, key.length);
    if (!json_is_string(found))
        return false;
    *value = (struct dbk_text){json_string_value(found), (uint32_t)json_string_length(found)};
    return true;
}

int dbk_snapshot_each(const struct dbk_snapshot *snapshot, bool settled, dbk_visit_entry *visit,
                      void *context)
{
    const char *key;
    size_t length;
    json_t *value;
    int code = 0;
    json_object_keylen_foreach(settled ? snapshot->settled : snapshot->pending, key, length, value)
    {
        code =
            visit(context, (struct dbk_text){key, (uint32_t)length},
                  (struct dbk_text){json_string_value(value), (uint32_t)json_string_length(value)});
        if (code != 0)
            break;
    }
    return code;
}

struct restoring {
    const struct dbk_snapshot *snapshot;
    struct dbk_state_entry *entries;
    size_t count;
};

/** Decode an entry; its key must be its own. */
static int restore_entry(void *context, struct dbk_text key, struct dbk_text value)
{
    struct restoring *restoring = context;
    struct dbk_state_entry *entry = &restoring->entries[restoring->count];
    char room[DBK_STATE_KEY_MAX];
    if (!dbk_state_decode(entry, value) || entry->partition != restoring->snapshot->partition)
        return DBK_ENO;
    struct dbk_text own =
        entry->is_source ? dbk_state_source_key(room, &entry->source) : entry->account.name;
    if (own.length != key.length || memcmp(own.bytes, key.bytes, key.length) != 0)
        return DBK_ENO;
    restoring->count++;
    return 0;
}

struct line {
    struct dbk_text key;
    struct dbk_text value;
};

struct lines {
    struct line *lines;
    size_t count;
};

static int add_line(void *context, struct dbk_text key, struct dbk_text value)
{
    struct lines *lines = context;
    lines->lines[lines->count++] = (struct line){key, value};
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;
    return dbk_text_compare(left->key, right->key);
}

/** The state's digest from the entries themselves: there is one form of each, so writing the ledger
 *  out again would give the same bytes, for more time. */
static int digest_settled(struct dbk_digest *digest, const struct dbk_snapshot *snapshot)
{
    struct lines lines = {.count = 0};
    struct dbk_buffer text = {0};
    lines.lines = calloc(json_object_size(snapshot->settled) + 1, sizeof *lines.lines);
    int code =
        lines.lines == NULL ? DBK_ENOMEM : dbk_snapshot_each(snapshot, true, add_line, &lines);
    if (code == 0)
        qsort(lines.lines, lines.count, sizeof *lines.lines, by_key);
    for (size_t i = 0; code == 0 && i < lines.count; i++) {
        dbk_buffer_add(&text, lines.lines[i].value.bytes, lines.lines[i].value.length);
        dbk_buffer_add(&text, "\n", 1);
    }
    if (text.failed)
        code = DBK_ENOMEM;
    if (code == 0)
        dbk_digest_bytes(digest, text.bytes, text.length);
    dbk_buffer_clear(&text);
    free(lines.lines);
    return code;
}

static const char *check_restored(const struct dbk_state_marker *marker, struct dbk_ledger *ledger,
                                  const struct dbk_digest *digest)
{
    if (dbk_ledger_account_count(ledger) != marker->account_count ||
        dbk_ledger_source_count(ledger) != marker->source_count)
        return "its counts are not the marker's";
    if (memcmp(digest->bytes, marker->state.bytes, DBK_DIGEST_SIZE) != 0)
        return "its hash is not the marker's";
    return NULL;
}

int dbk_snapshot_restore(const struct dbk_snapshot *snapshot, struct dbk_ledger *ledger,
                         const char **why)
{
    struct dbk_digest digest;
    struct restoring restoring = {.snapshot = snapshot};
    *why = NULL;
    if (snapshot->marker_count == 0) {
        *why = "there is no finished round";
        return DBK_ENO;
    }
    const struct dbk_state_marker *marker = &snapshot->markers[snapshot->marker_count - 1];
    if (marker->partition_count != snapshot->partition_count) {
        *why = "it is of another number of partitions";
        return DBK_ENO;
    }
    restoring.entries = calloc(json_object_size(snapshot->settled) + 1, sizeof *restoring.entries);
    int code = restoring.entries == NULL
                   ? DBK_ENOMEM
                   : dbk_snapshot_each(snapshot, true, restore_entry, &restoring);
    if (code == 0)
        code = dbk_state_restore(ledger, restoring.entries, restoring.count);
    free(restoring.entries);
    if (code == 0)
        code = digest_settled(&digest, snapshot);
    if (code == DBK_ENO || code == DBK_EVIEW)
        *why = "an entry is not one of this ledger";
    else if (code == 0)
        *why = check_restored(marker, ledger, &digest);
    return *why != NULL ? DBK_ENO : code;
}
