#include <daybook/receipt.h>

#include <daybook/clock.h>
#include <daybook/date.h>
#include <daybook/state.h>
#include <daybook/textfile.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECEIPT_VERSION 1

void dbk_receipt_clear(struct dbk_receipt *receipt)
{
    free(receipt->checkpoints);
    *receipt = (struct dbk_receipt){.partition_count = 0};
}

int dbk_write_file(const char *path, const char *bytes, size_t length, struct dbk_err *err)
{
    char temporary[4200];
    int size = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof temporary)
        return dbk_err_set(err, DBK_EUSAGE, "the path %.200s... is too long.", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0;
    for (size_t done = 0; ok && done < length;) {
        ssize_t count = write(fd, bytes + done, length - done);
        ok = count >= 0 || errno == EINTR;
        done += count > 0 ? (size_t)count : 0;
    }
    ok = ok && fsync(fd) == 0;
    int reason = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        reason = errno;
        ok = false;
    }
    if (ok && rename(temporary, path) != 0) {
        reason = errno;
        ok = false;
    }
    if (ok)
        return 0;
    if (fd >= 0)
        unlink(temporary);
    return dbk_err_set(err, DBK_EUSAGE, "%s cannot be written: %s.", path, strerror(reason));
}

static bool get_text(const json_t *object, const char *name, char *text, size_t size)
{
    const json_t *value = json_object_get(object, name);
    size_t length = json_string_length(value);
    if (!json_is_string(value) || length >= size || strlen(json_string_value(value)) != length)
        return false;
    memcpy(text, json_string_value(value), length + 1);
    return true;
}

static bool get_digest(const json_t *object, const char *name, struct dbk_digest *digest)
{
    const json_t *value = json_object_get(object, name);
    return dbk_digest_from_hex(digest, json_string_value(value), json_string_length(value));
}

static bool get_partition(const json_t *object, int32_t partition,
                          struct dbk_checkpoint *checkpoint)
{
    const json_t *offset_next = json_object_get(object, "offset_next");
    checkpoint->offset_next = json_integer_value(offset_next);
    checkpoint->timestamp_ms = json_integer_value(json_object_get(object, "timestamp_ms"));
    return json_is_integer(offset_next) && checkpoint->offset_next >= 0 &&
           json_integer_value(json_object_get(object, "partition")) == partition &&
           get_digest(object, "digest", &checkpoint->digest) &&
           get_digest(object, "digest_before", &checkpoint->digest_before);
}

static bool get_totals(const json_t *object, struct dbk_receipt_totals *totals)
{
    return get_text(object, "deposits", totals->deposits, sizeof totals->deposits) &&
           get_text(object, "withdrawals", totals->withdrawals, sizeof totals->withdrawals) &&
           get_text(object, "balances", totals->balances, sizeof totals->balances);
}

static bool get_receipt(struct dbk_receipt *receipt, const json_t *object)
{
    char written[DBK_DATE_TEXT_SIZE];
    int64_t written_s;
    const json_t *partitions = json_object_get(object, "partitions");
    size_t count = json_array_size(partitions);
    bool ok = json_integer_value(json_object_get(object, "daybook_receipt")) == RECEIPT_VERSION &&
              json_integer_value(json_object_get(object, "fold")) == DBK_FOLD_VERSION &&
              get_text(object, "topic", receipt->topic, sizeof receipt->topic) &&
              get_text(object, "cluster_id", receipt->cluster_id, sizeof receipt->cluster_id) &&
              get_text(object, "written", written, sizeof written) &&
              dbk_date_parse(&written_s, written, strlen(written)) && count > 0 && count <= 1000000;
    if (!ok)
        return false;
    receipt->written_ms = written_s * 1000;
    receipt->partition_count = (int32_t)count;
    receipt->account_count = json_integer_value(json_object_get(object, "accounts"));
    receipt->checkpoints = calloc(count, sizeof *receipt->checkpoints);
    ok = receipt->checkpoints != NULL && get_digest(object, "state", &receipt->state) &&
         get_totals(object, &receipt->totals);
    for (size_t i = 0; ok && i < count; i++)
        ok = get_partition(json_array_get(partitions, i), (int32_t)i, &receipt->checkpoints[i]);
    return ok;
}

int dbk_receipt_read(struct dbk_receipt *receipt, const char *path, struct dbk_err *err)
{
    struct dbk_textfile file = {0};
    json_error_t why;
    *receipt = (struct dbk_receipt){.partition_count = 0};
    int code = dbk_textfile_open(&file, path, NULL, NULL, err);
    if (code != 0)
        return code;
    json_t *object =
        json_loadb(file.length > 0 ? file.bytes : "", file.length, JSON_REJECT_DUPLICATES, &why);
    dbk_textfile_close(&file);
    if (object == NULL)
        code = dbk_err_set(err, DBK_EUSAGE, "%s is not a receipt: line %d: %s.", path, why.line,
                           why.text);
    else if (!get_receipt(receipt, object))
        code = dbk_err_set(err, DBK_EUSAGE,
                           "%s is not a receipt of this program (receipt format %d, fold %d).",
                           path, RECEIPT_VERSION, DBK_FOLD_VERSION);
    json_decref(object);
    if (code != 0)
        dbk_receipt_clear(receipt);
    return code;
}

static void set_sum(json_t *object, const char *name, dbk_int128 sum_minor)
{
    char text[DBK_MONEY_SUM_TEXT_SIZE];
    dbk_money_format_sum(text, sum_minor);
    json_object_set_new(object, name, json_string(text));
}

static void set_digest(json_t *object, const char *name, const struct dbk_digest *digest)
{
    char hex[2 * DBK_DIGEST_SIZE + 1];
    dbk_digest_hex(hex, digest);
    json_object_set_new(object, name, json_string(hex));
}

static json_t *make_partition(int32_t partition, const struct dbk_checkpoint *checkpoint)
{
    json_t *object = json_object();
    json_object_set_new(object, "partition", json_integer(partition));
    json_object_set_new(object, "offset_next", json_integer(checkpoint->offset_next));
    json_object_set_new(object, "timestamp_ms", json_integer(checkpoint->timestamp_ms));
    set_digest(object, "digest", &checkpoint->digest);
    set_digest(object, "digest_before", &checkpoint->digest_before);
    return object;
}

static json_t *make_receipt(const struct dbk_receipt *receipt)
{
    char written[DBK_DATE_TEXT_SIZE];
    json_t *object = json_object();
    json_t *partitions = json_array();
    int64_t events = 0;
    dbk_date_format(written, receipt->written_ms / 1000);
    for (int32_t p = 0; p < receipt->partition_count; p++) {
        events += receipt->checkpoints[p].offset_next;
        json_array_append_new(partitions, make_partition(p, &receipt->checkpoints[p]));
    }
    json_object_set_new(object, "daybook_receipt", json_integer(RECEIPT_VERSION));
    json_object_set_new(object, "version", json_string(DAYBOOK_VERSION));
    json_object_set_new(object, "fold", json_integer(DBK_FOLD_VERSION));
    json_object_set_new(object, "written", json_string(written));
    json_object_set_new(object, "cluster_id", json_string(receipt->cluster_id));
    json_object_set_new(object, "topic", json_string(receipt->topic));
    json_object_set_new(object, "events", json_integer(events));
    json_object_set_new(object, "accounts", json_integer(receipt->account_count));
    set_sum(object, "deposits", receipt->deposits_minor);
    set_sum(object, "withdrawals", receipt->withdrawals_minor);
    set_sum(object, "balances", receipt->balances_minor);
    set_digest(object, "state", &receipt->state);
    json_object_set_new(object, "partitions", partitions);
    return object;
}

/** "FILE.state". */
static int state_path(char *state, size_t size, const char *path, struct dbk_err *err)
{
    int length = snprintf(state, size, "%s.state", path);
    return length >= 0 && (size_t)length < size
               ? 0
               : dbk_err_set(err, DBK_EUSAGE, "the path %.200s... is too long.", path);
}

int dbk_receipt_check_log(const struct dbk_receipt *receipt, const char *path,
                          const struct dbk_topic *topic, struct dbk_err *err)
{
    if (strcmp(receipt->topic, topic->name) != 0 ||
        strcmp(receipt->cluster_id, topic->cluster_id) != 0)
        return dbk_err_set(err, DBK_ENO,
                           "the receipt %s is of topic %s in cluster %s, this log is topic %s in "
                           "cluster %s.",
                           path, receipt->topic, receipt->cluster_id, topic->name,
                           topic->cluster_id);
    if (receipt->partition_count != topic->partition_count)
        return dbk_err_set(err, DBK_ENO,
                           "the receipt %s is of %d partitions, topic %s has %d now: the number of "
                           "partitions is part of history.",
                           path, receipt->partition_count, topic->name, topic->partition_count);
    return 0;
}

int dbk_receipt_write(struct dbk_receipt *receipt, const char *path, struct dbk_book *book,
                      struct dbk_err *err)
{
    char beside[4200];
    struct dbk_buffer lines = {0};
    int code = state_path(beside, sizeof beside, path, err);
    if (code != 0)
        return code;
    for (int32_t p = 0; code == 0 && p < receipt->partition_count; p++)
        code = dbk_state_add(&lines, dbk_book_ledger(book, p), p);
    if (code == 0)
        dbk_digest_bytes(&receipt->state, lines.bytes, lines.length);
    receipt->written_ms = dbk_clock_wall_ms();
    json_t *object = code == 0 ? make_receipt(receipt) : NULL;
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(1)) : NULL;
    json_decref(object);
    if (text == NULL)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0)
        code = dbk_write_file(beside, lines.length > 0 ? lines.bytes : "", lines.length, err);
    if (code == 0)
        code = dbk_write_file(path, text, strlen(text), err);
    free(text);
    dbk_buffer_clear(&lines);
    return code;
}

/** Entries of one partition, lines of the file one after the other. */
static int restore_lines(struct dbk_book *book, const struct dbk_textfile *file)
{
    size_t capacity = 0;
    size_t count = 0;
    size_t at = 0;
    int code = 0;
    struct dbk_state_entry *entries = NULL;
    int32_t partition = 0;
    while (code == 0) {
        struct dbk_state_entry entry = {.partition = INT32_MAX};
        bool more = at < file->length;
        if (more) {
            const char *end = memchr(file->bytes + at, '\n', file->length - at);
            size_t length = end != NULL ? (size_t)(end - file->bytes) - at : 0;
            if (end == NULL || length > DBK_STATE_ENTRY_MAX ||
                !dbk_state_decode(&entry, (struct dbk_text){file->bytes + at, (uint32_t)length}) ||
                entry.partition < partition || entry.partition >= dbk_book_partition_count(book)) {
                code = DBK_EVIEW;
                break;
            }
            at += length + 1;
        }
        if (entry.partition != partition && count > 0) {
            code = dbk_state_restore(dbk_book_ledger(book, partition), entries, count);
            count = 0;
        }
        if (!more)
            break;
        partition = entry.partition;
        if (count == capacity) {
            capacity = capacity == 0 ? 1024 : capacity * 2;
            struct dbk_state_entry *larger = realloc(entries, capacity * sizeof *entries);
            if (larger == NULL) {
                code = DBK_ENOMEM;
                break;
            }
            entries = larger;
        }
        entries[count++] = entry;
    }
    free(entries);
    return code;
}

int dbk_receipt_restore(const struct dbk_receipt *receipt, const char *path, struct dbk_book *book,
                        struct dbk_err *err)
{
    char beside[4200];
    struct dbk_textfile file = {0};
    struct dbk_digest digest;
    int code = state_path(beside, sizeof beside, path, err);
    if (code == 0)
        code = dbk_textfile_open(&file, beside, NULL, NULL, err);
    if (code != 0)
        return code;
    dbk_digest_bytes(&digest, file.bytes, file.length);
    if (memcmp(digest.bytes, receipt->state.bytes, DBK_DIGEST_SIZE) != 0)
        code = dbk_err_set(err, DBK_ENO,
                           "%s is not the state that the receipt %s was written with: its SHA-256 "
                           "differs. Audit without --since, from offset 0.",
                           beside, path);
    else
        code = restore_lines(book, &file);
    if (code == DBK_EVIEW)
        code = dbk_err_set(err, DBK_ENO, "%s is not a state of this ledger.", beside);
    for (int32_t p = 0; code == 0 && p < receipt->partition_count; p++)
        dbk_book_restore_checkpoint(book, p, &receipt->checkpoints[p]);
    dbk_textfile_close(&file);
    return code;
}
