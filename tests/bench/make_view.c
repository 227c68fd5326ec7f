/*
 * A view without a broker, for performance work: folds events and writes them as a rebuild does.
 *
 *     make_events 5000000 | make_view DATABASE [PARTITIONS]
 *
 * Lines are ACCOUNT|VALUE; they go to the account's partition, in their order. There is no log
 * behind such a view: what asks the broker finds none.
 */
#include <daybook/rebuild.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES 10000
#define LINE_SIZE 2048

static char lines[LINES][LINE_SIZE];
static char scratches[LINES][DBK_EVENT_SCRATCH];
static struct dbk_entry entries[LINES];
static struct dbk_digest_point points[LINES];

static void need(int code, const struct dbk_err *err)
{
    if (code == 0)
        return;
    fprintf(stderr, "make_view: %s\n", err->text);
    exit(1);
}

/** Read up to LINES records. @return how many. */
static size_t read_records(int64_t *offset_next, int32_t partition_count)
{
    size_t count = 0;
    while (count < LINES && fgets(lines[count], LINE_SIZE, stdin) != NULL) {
        char *bar = strchr(lines[count], '|');
        size_t length = strcspn(lines[count], "\n");
        if (bar == NULL)
            continue;
        struct dbk_text account = {lines[count], (uint32_t)(bar - lines[count])};
        int32_t partition = dbk_event_partition(account, partition_count);
        int64_t offset = offset_next[partition]++;
        entries[count].record = (struct dbk_record){
            .partition = partition,
            .offset = offset,
            .timestamp_ms = 1700000000000 + offset,
            .key = account.bytes,
            .key_length = (int32_t)account.length,
            .value = bar + 1,
            .value_length = (int32_t)(lines[count] + length - bar - 1),
        };
        count++;
    }
    return count;
}

static void insert(struct dbk_rebuild *rebuild, struct dbk_book *book, size_t count)
{
    struct dbk_err err;
    struct dbk_changes changes = {.entries = entries, .count = count, .points = points};
    for (size_t i = 0; i < count; i++) {
        if (dbk_book_apply(book, &entries[i], scratches[i]) != 0)
            exit(1);
        const struct dbk_checkpoint *checkpoint =
            dbk_book_checkpoint(book, entries[i].record.partition);
        if (checkpoint->offset_next % DBK_DIGEST_INTERVAL == 0)
            points[changes.point_count++] = (struct dbk_digest_point){
                entries[i].record.partition, checkpoint->offset_next, checkpoint->digest};
    }
    need(dbk_rebuild_insert(rebuild, &changes, &err), &err);
}

int main(int argc, char **argv)
{
    static const uint8_t any_key[16] = {1};
    struct dbk_topic topic = {.name = "client_transactions", .cluster_id = "none"};
    struct dbk_rebuild *rebuild;
    struct dbk_book *book;
    struct dbk_view *view;
    struct dbk_err err;
    size_t count;
    topic.partition_count = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : 12;
    int64_t *offset_next = calloc((size_t)topic.partition_count, sizeof *offset_next);
    if (argc < 2 || offset_next == NULL ||
        dbk_book_open(&book, (struct dbk_text){topic.name, (uint32_t)strlen(topic.name)},
                      topic.partition_count, any_key) != 0) {
        fprintf(stderr, "usage: make_events | make_view DATABASE [PARTITIONS]\n");
        return 2;
    }
    need(dbk_rebuild_open(&rebuild, argv[1], &topic, &err), &err);
    while ((count = read_records(offset_next, topic.partition_count)) > 0)
        insert(rebuild, book, count);
    need(dbk_rebuild_finish(rebuild, book, &view, &err), &err);
    need(dbk_rebuild_hold(rebuild, offset_next, &err), &err);
    need(dbk_rebuild_swap(rebuild, &err), &err);
    dbk_rebuild_close(rebuild);
    dbk_book_close(book);
    free(offset_next);
    return 0;
}
