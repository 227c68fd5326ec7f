#include "teller_list.h"

#include <stdlib.h>
#include <string.h>

/** Accounts that are proposed where a search finds none. */
#define NEAREST_MAX 3

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

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool begins_with(const char *name, const char *search)
{
    while (*search != '\0' && lower(*name) == *search) {
        name++;
        search++;
    }
    return *search == '\0';
}

/** Find the rows: those that begin with the search first. @param search  not empty, lower case. */
static size_t find_matches(const struct dbk_teller_list *list, const char *search,
                           uint32_t *matches, uint32_t *inside)
{
    size_t count = 0;
    size_t inside_count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->rows[i].name;
        if (begins_with(name, search)) {
            matches[count++] = (uint32_t)i;
            continue;
        }
        while (*++name != '\0')
            if (lower(*name) == *search && begins_with(name, search)) {
                inside[inside_count++] = (uint32_t)i;
                break;
            }
    }
    memcpy(matches + count, inside, inside_count * sizeof *inside);
    return count + inside_count;
}

/** The names nearest to a search that found nothing. */
static void find_nearest(struct dbk_teller_list *list, const char *search)
{
    list->nearest =
        (struct dbk_nearest_names){.word = {search, (uint32_t)strlen(search)}, .max = NEAREST_MAX};
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->rows[i].name;
        dbk_nearest_look(&list->nearest, (struct dbk_text){name, (uint32_t)strlen(name)});
    }
    list->nearest.word = (struct dbk_text){"", 0}; /* it is the caller's */
}

int dbk_teller_list_search(struct dbk_teller_list *list, const char *search, bool keep)
{
    const struct dbk_teller_row *chosen = dbk_teller_list_match(list, list->selected);
    const char *name = keep && chosen != NULL ? chosen->name : NULL;
    if (settle(list) != 0)
        return DBK_ENOMEM;
    char *wanted = strdup(search);
    uint32_t *inside = malloc((list->count + 1) * sizeof *inside);
    uint32_t *matches = realloc(list->matches, (list->count + 1) * sizeof *matches);
    if (matches != NULL)
        list->matches = matches;
    list->match_count = 0;
    list->selected = 0;
    list->nearest.count = 0;
    if (wanted != NULL && inside != NULL && matches != NULL) {
        for (char *p = wanted; *p != '\0'; p++)
            *p = lower(*p);
        if (*wanted != '\0')
            list->match_count = find_matches(list, wanted, matches, inside);
        else
            for (; list->match_count < list->count; list->match_count++)
                matches[list->match_count] = (uint32_t)list->match_count;
    }
    bool failed = wanted == NULL || inside == NULL || matches == NULL;
    free(wanted);
    free(inside);
    if (failed)
        return DBK_ENOMEM;
    if (list->match_count == 0)
        find_nearest(list, search);
    for (size_t i = 0; name != NULL && i < list->match_count; i++)
        if (list->rows[list->matches[i]].name == name)
            list->selected = i;
    return 0;
}
