#include "teller_list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void dbk_teller_list_clear(struct dbk_teller_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->rows[i].name);
    free(list->rows);
    free(list->matches);
    *list = (struct dbk_teller_list){.rows = NULL};
}

static int compare(const char *name, const char *other, size_t other_length)
{
    size_t length = strlen(name);
    int order = memcmp(name, other, length < other_length ? length : other_length);
    return order != 0 ? order : (length > other_length) - (length < other_length);
}

static struct dbk_teller_row *find(const struct dbk_teller_list *list, const char *name,
                                   size_t length)
{
    size_t low = 0;
    size_t high = list->sorted_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(list->rows[middle].name, name, length);
        if (order == 0)
            return &list->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct dbk_teller_row *dbk_teller_list_find(const struct dbk_teller_list *list,
                                                  const char *name)
{
    return find(list, name, strlen(name));
}

const struct dbk_teller_row *dbk_teller_list_match(const struct dbk_teller_list *list, size_t index)
{
    return index < list->match_count ? &list->rows[list->matches[index]] : NULL;
}

int dbk_teller_list_put(struct dbk_teller_list *list, struct dbk_text name, int64_t balance_minor)
{
    struct dbk_teller_row *row = find(list, name.bytes, name.length);
    if (row != NULL) {
        row->balance_minor = balance_minor;
        return 0;
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 256 : list->capacity * 2;
        struct dbk_teller_row *rows = realloc(list->rows, capacity * sizeof *rows);
        if (rows == NULL)
            return DBK_ENOMEM;
        list->rows = rows;
        list->capacity = capacity;
    }
    char *copy = strndup(name.bytes, name.length);
    if (copy == NULL)
        return DBK_ENOMEM;
    list->rows[list->count] = (struct dbk_teller_row){copy, balance_minor, list->count};
    list->count++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct dbk_teller_row *x = a;
    const struct dbk_teller_row *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/** Sort the new rows, drop all but the last put of each name, and merge them with the others. */
static int settle(struct dbk_teller_list *list)
{
    size_t old_count = list->sorted_count;
    size_t new_count = list->count - old_count;
    if (new_count == 0)
        return 0;
    struct dbk_teller_row *fresh = malloc(new_count * sizeof *fresh);
    if (fresh == NULL)
        return DBK_ENOMEM;
    memcpy(fresh, list->rows + old_count, new_count * sizeof *fresh);
    qsort(fresh, new_count, sizeof *fresh, by_name);
    size_t kept = 0;
    for (size_t i = 0; i < new_count; i++) {
        if (kept > 0 && strcmp(fresh[kept - 1].name, fresh[i].name) == 0) {
            free(fresh[kept - 1].name);
            kept--;
        }
        fresh[kept++] = fresh[i];
    }
    size_t target = old_count + kept;
    list->count = list->sorted_count = target;
    while (kept > 0) {
        bool old_is_last =
            old_count > 0 && by_name(&list->rows[old_count - 1], &fresh[kept - 1]) > 0;
        list->rows[--target] = old_is_last ? list->rows[--old_count] : fresh[--kept];
    }
    free(fresh);
    return 0;
}

/** @return 2 where the name begins with the search, 1 where it has it inside, 0 where not. */
static int rank(const char *name, const char *search, size_t length)
{
    if (strncasecmp(name, search, length) == 0)
        return 2;
    int first = tolower((unsigned char)search[0]);
    for (name++; *name != '\0'; name++)
        if (tolower((unsigned char)*name) == first && strncasecmp(name, search, length) == 0)
            return 1;
    return 0;
}

int dbk_teller_list_search(struct dbk_teller_list *list, const char *search, bool keep)
{
    const struct dbk_teller_row *chosen = dbk_teller_list_match(list, list->selected);
    const char *name = keep && chosen != NULL ? chosen->name : NULL;
    size_t length = strlen(search);
    if (settle(list) != 0)
        return DBK_ENOMEM;
    uint32_t *matches = realloc(list->matches, (list->count + 1) * sizeof *matches);
    if (matches == NULL)
        return DBK_ENOMEM;
    list->matches = matches;
    list->match_count = 0;
    list->selected = 0;
    for (int wanted = 2; wanted >= 1; wanted--)
        for (size_t i = 0; i < list->count; i++)
            if (length == 0 ? wanted == 2 : rank(list->rows[i].name, search, length) == wanted)
                matches[list->match_count++] = (uint32_t)i;
    for (size_t i = 0; name != NULL && i < list->match_count; i++)
        if (list->rows[matches[i]].name == name)
            list->selected = i;
    return 0;
}
