#include <daybook/declared.h>

#include <daybook/money.h>

#include <stdlib.h>

/** A balance that rows lead from or to. */
struct node {
    int64_t balance_minor;
    int64_t left;    /* rows that lead away from it, less those that lead to it */
    size_t together; /* a node that it is connected with; itself: none further */
};

static int compare_nodes(const void *a, const void *b)
{
    const struct node *left = a;
    const struct node *right = b;
    return (left->balance_minor > right->balance_minor) -
           (left->balance_minor < right->balance_minor);
}

static size_t find(const struct node *nodes, size_t count, int64_t balance_minor)
{
    size_t low = 0;
    size_t high = count;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (nodes[middle].balance_minor <= balance_minor)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static size_t root(struct node *nodes, size_t i)
{
    while (nodes[i].together != i) {
        nodes[i].together = nodes[nodes[i].together].together;
        i = nodes[i].together;
    }
    return i;
}

/** All balances once, in order. @return their number; 0 where one does not fit. */
static size_t gather(struct node *nodes, int64_t opening_minor, const struct dbk_declared_row *rows,
                     size_t count)
{
    size_t filled = 0;
    size_t kept = 0;
    nodes[filled++].balance_minor = opening_minor;
    for (size_t i = 0; i < count; i++) {
        nodes[filled++].balance_minor = rows[i].declared_minor;
        if (!dbk_money_subtract(&nodes[filled++].balance_minor, rows[i].declared_minor,
                                rows[i].amount_minor))
            return 0;
    }
    qsort(nodes, filled, sizeof *nodes, compare_nodes);
    for (size_t i = 0; i < filled; i++)
        if (i == 0 || nodes[i].balance_minor != nodes[kept - 1].balance_minor)
            nodes[kept++] = nodes[i];
    for (size_t i = 0; i < kept; i++) {
        nodes[i].left = 0;
        nodes[i].together = i;
    }
    return kept;
}

int dbk_declared_reordered(bool *reordered, int64_t opening_minor,
                           const struct dbk_declared_row *rows, size_t count)
{
    *reordered = false;
    struct node *nodes = calloc(2 * count + 1, sizeof *nodes);
    if (nodes == NULL)
        return DBK_ENOMEM;
    size_t node_count = gather(nodes, opening_minor, rows, count);
    for (size_t i = 0; node_count > 0 && i < count; i++) {
        int64_t before_minor = rows[i].declared_minor - rows[i].amount_minor;
        size_t from = find(nodes, node_count, before_minor);
        size_t to = find(nodes, node_count, rows[i].declared_minor);
        nodes[from].left++;
        nodes[to].left--;
        nodes[root(nodes, from)].together = root(nodes, to);
    }
    size_t start = node_count > 0 ? find(nodes, node_count, opening_minor) : 0;
    size_t ends = 0;
    bool good = node_count > 0;
    for (size_t i = 0; good && i < node_count; i++) {
        ends += nodes[i].left == -1;
        good = root(nodes, i) == root(nodes, start) &&
               (nodes[i].left == 0 || (nodes[i].left == 1 && i == start) || nodes[i].left == -1);
    }
    /* One balance is reached once more than it is left, or the day ends where it began. */
    *reordered = good && ends <= 1 && nodes[start].left == (int64_t)ends;
    free(nodes);
    return 0;
}
