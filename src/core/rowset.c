#include <daybook/rowset.h>

#include <daybook/hash.h>

#include <stdlib.h>
#include <string.h>

struct row {
    int64_t date_s;
    int64_t amount_minor; /* negative for a withdrawal */
    uint32_t account;
    uint32_t next; /* the next row of the same key, or DBK_NO_ROW */
};

/** Names live in blocks that never move. */
struct block {
    struct block *previous;
    size_t used;
    char bytes[65536 - 16];
};

struct dbk_rowset {
    uint8_t hash_key[16];
    struct row *rows;
    uint32_t row_count;
    uint32_t row_capacity;
    struct dbk_rowset_account *accounts;
    uint32_t account_count;
    uint32_t account_capacity;
    uint32_t *account_slots; /* account + 1, 0 is free; twice the capacity, a power of two */
    struct block *names;
    /* From index on. A slot holds the first unmatched row of its key, + 1; where all are matched,
     * the last one of them, so that the key is still found. */
    uint32_t *slots;
    uint32_t slot_mask;
    uint8_t *matched; /* a bit a row */
};

int dbk_rowset_open(struct dbk_rowset **rowset, const uint8_t hash_key[16])
{
    *rowset = calloc(1, sizeof **rowset);
    if (*rowset == NULL)
        return DBK_ENOMEM;
    memcpy((*rowset)->hash_key, hash_key, 16);
    return 0;
}

void dbk_rowset_close(struct dbk_rowset *rowset)
{
    if (rowset == NULL)
        return;
    while (rowset->names != NULL) {
        struct block *previous = rowset->names->previous;
        free(rowset->names);
        rowset->names = previous;
    }
    free(rowset->rows);
    free(rowset->accounts);
    free(rowset->account_slots);
    free(rowset->slots);
    free(rowset->matched);
    free(rowset);
}

/** @return the slot of an account, or the free one where it belongs. */
static uint32_t *account_slot(const struct dbk_rowset *rowset, struct dbk_text name)
{
    uint32_t mask = rowset->account_capacity * 2 - 1;
    uint32_t i = (uint32_t)dbk_hash(rowset->hash_key, name.bytes, name.length) & mask;
    for (;; i = (i + 1) & mask) {
        uint32_t *slot = &rowset->account_slots[i];
        if (*slot == 0)
            return slot;
        struct dbk_text found = rowset->accounts[*slot - 1].name;
        if (found.length == name.length && memcmp(found.bytes, name.bytes, name.length) == 0)
            return slot;
    }
}

static int grow_accounts(struct dbk_rowset *rowset)
{
    if (rowset->account_capacity > UINT32_MAX / 8)
        return DBK_ENOMEM;
    uint32_t capacity = rowset->account_capacity == 0 ? 64 : rowset->account_capacity * 2;
    uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
    struct dbk_rowset_account *accounts =
        slots == NULL ? NULL : realloc(rowset->accounts, capacity * sizeof *accounts);
    if (accounts == NULL) {
        free(slots);
        return DBK_ENOMEM;
    }
    free(rowset->account_slots);
    rowset->account_slots = slots;
    rowset->accounts = accounts;
    rowset->account_capacity = capacity;
    for (uint32_t i = 0; i < rowset->account_count; i++)
        *account_slot(rowset, accounts[i].name) = i + 1;
    return 0;
}

static int add_account(struct dbk_rowset *rowset, uint32_t *account, struct dbk_text name)
{
    if (rowset->account_count == rowset->account_capacity && grow_accounts(rowset) != 0)
        return DBK_ENOMEM;
    if (rowset->names == NULL || sizeof rowset->names->bytes - rowset->names->used < name.length) {
        struct block *block = malloc(sizeof *block);
        if (block == NULL)
            return DBK_ENOMEM;
        block->previous = rowset->names;
        block->used = 0;
        rowset->names = block;
    }
    char *bytes = rowset->names->bytes + rowset->names->used;
    memcpy(bytes, name.bytes, name.length);
    rowset->names->used += name.length;
    *account = rowset->account_count++;
    rowset->accounts[*account] =
        (struct dbk_rowset_account){{bytes, name.length}, INT64_MAX, INT64_MIN};
    *account_slot(rowset, rowset->accounts[*account].name) = *account + 1;
    return 0;
}

uint32_t dbk_rowset_find(const struct dbk_rowset *rowset, struct dbk_text name)
{
    if (rowset->account_count == 0)
        return DBK_NO_ACCOUNT;
    uint32_t slot = *account_slot(rowset, name);
    return slot == 0 ? DBK_NO_ACCOUNT : slot - 1;
}

static int grow_rows(struct dbk_rowset *rowset)
{
    if (rowset->row_count >= DBK_ROWS_MAX)
        return DBK_ENOMEM;
    size_t capacity = rowset->row_capacity == 0 ? 1024 : (size_t)rowset->row_capacity * 2;
    capacity = capacity > DBK_ROWS_MAX ? DBK_ROWS_MAX : capacity;
    struct row *rows = realloc(rowset->rows, capacity * sizeof *rows);
    if (rows == NULL)
        return DBK_ENOMEM;
    rowset->rows = rows;
    rowset->row_capacity = (uint32_t)capacity;
    return 0;
}

int dbk_rowset_add(struct dbk_rowset *rowset, const struct dbk_event *event)
{
    DBK_ASSERT(rowset->slots == NULL);
    if (rowset->row_count == rowset->row_capacity && grow_rows(rowset) != 0)
        return DBK_ENOMEM;
    uint32_t index = dbk_rowset_find(rowset, event->account);
    if (index == DBK_NO_ACCOUNT && add_account(rowset, &index, event->account) != 0)
        return DBK_ENOMEM;
    struct dbk_rowset_account *account = &rowset->accounts[index];
    if (event->date_s < account->date_first_s)
        account->date_first_s = event->date_s;
    if (event->date_s > account->date_last_s)
        account->date_last_s = event->date_s;
    rowset->rows[rowset->row_count++] = (struct row){
        .date_s = event->date_s,
        .amount_minor = event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor,
        .account = index,
        .next = DBK_NO_ROW,
    };
    return 0;
}

uint32_t dbk_rowset_count(const struct dbk_rowset *rowset)
{
    return rowset->row_count;
}

uint32_t dbk_rowset_account_count(const struct dbk_rowset *rowset)
{
    return rowset->account_count;
}

const struct dbk_rowset_account *dbk_rowset_account(const struct dbk_rowset *rowset,
                                                    uint32_t account)
{
    DBK_ASSERT(account < rowset->account_count);
    return &rowset->accounts[account];
}

uint32_t dbk_rowset_row_account(const struct dbk_rowset *rowset, uint32_t row)
{
    DBK_ASSERT(row < rowset->row_count);
    return rowset->rows[row].account;
}

/** @return the slot of a key, or the free one where it belongs. */
static uint32_t *key_slot(const struct dbk_rowset *rowset, uint32_t account, int64_t date_s,
                          int64_t amount_minor)
{
    const int64_t key[] = {date_s, amount_minor, account};
    uint32_t i = (uint32_t)dbk_hash(rowset->hash_key, key, sizeof key) & rowset->slot_mask;
    for (;; i = (i + 1) & rowset->slot_mask) {
        uint32_t *slot = &rowset->slots[i];
        if (*slot == 0)
            return slot;
        const struct row *row = &rowset->rows[*slot - 1];
        if (row->account == account && row->date_s == date_s && row->amount_minor == amount_minor)
            return slot;
    }
}

int dbk_rowset_index(struct dbk_rowset *rowset)
{
    DBK_ASSERT(rowset->slots == NULL);
    size_t size = 16;
    while (size < (size_t)rowset->row_count + rowset->row_count / 2)
        size *= 2;
    rowset->slots = calloc(size, sizeof *rowset->slots);
    rowset->matched = calloc(rowset->row_count / 8 + 1, 1);
    if (rowset->slots == NULL || rowset->matched == NULL)
        return DBK_ENOMEM;
    rowset->slot_mask = (uint32_t)(size - 1);
    /* From the last row to the first, so that each chain begins with its first row. */
    for (uint32_t i = rowset->row_count; i-- > 0;) {
        struct row *row = &rowset->rows[i];
        uint32_t *slot = key_slot(rowset, row->account, row->date_s, row->amount_minor);
        row->next = *slot == 0 ? DBK_NO_ROW : *slot - 1;
        *slot = i + 1;
    }
    return 0;
}

bool dbk_rowset_is_matched(const struct dbk_rowset *rowset, uint32_t row)
{
    return rowset->matched != NULL && (rowset->matched[row / 8] >> (row % 8) & 1) != 0;
}

bool dbk_rowset_would_match(const struct dbk_rowset *rowset, uint32_t account, int64_t date_s,
                            int64_t amount_minor)
{
    DBK_ASSERT(rowset->slots != NULL);
    uint32_t slot = *key_slot(rowset, account, date_s, amount_minor);
    return slot != 0 && !dbk_rowset_is_matched(rowset, slot - 1);
}

uint32_t dbk_rowset_match(struct dbk_rowset *rowset, uint32_t account, int64_t date_s,
                          int64_t amount_minor)
{
    DBK_ASSERT(rowset->slots != NULL);
    uint32_t *slot = key_slot(rowset, account, date_s, amount_minor);
    if (*slot == 0 || dbk_rowset_is_matched(rowset, *slot - 1))
        return DBK_NO_ROW;
    uint32_t row = *slot - 1;
    rowset->matched[row / 8] |= (uint8_t)(1U << (row % 8));
    if (rowset->rows[row].next != DBK_NO_ROW)
        *slot = rowset->rows[row].next + 1;
    return row;
}
