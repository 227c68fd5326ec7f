/**
 * Rebuilding a view: the next generation is made beside the current one and swapped in whole.
 *
 * Until dbk_rebuild_swap returns 0, what readers see is the current view, untouched; killed at any
 * instant, a rebuild leaves at most a file that the next one removes.
 *
 * Lifetime: open, insert, finish, (hold, swap), close (takes NULL). One thread at a time.
 */
#ifndef DAYBOOK_REBUILD_H
#define DAYBOOK_REBUILD_H

#include <daybook/view.h>

struct dbk_rebuild;

/**
 * Make the next generation's file.
 *
 * config and topic must live as long as the rebuild. Once config->stop says so, whatever takes long
 * ends with DBK_ESTOPPED.
 *
 * @return 0, or DBK_EVIEW where another rebuild runs, or what is there is no view.
 */
DBK_MUST_CHECK int dbk_rebuild_open(struct dbk_rebuild **rebuild, const struct dbk_config *config,
                                    const struct dbk_topic *topic, struct dbk_err *err);
void dbk_rebuild_close(struct dbk_rebuild *rebuild);

/** Insert the rows of some records, which must come in offset order within their partition. */
DBK_MUST_CHECK int dbk_rebuild_insert(struct dbk_rebuild *rebuild,
                                      const struct dbk_changes *changes, struct dbk_err *err);

/**
 * Write what book holds, make indexes and daily aggregates, check, and open the result.
 *
 * @param[out] view  the new generation, to be written on to until the swap; owned by rebuild.
 */
DBK_MUST_CHECK int dbk_rebuild_finish(struct dbk_rebuild *rebuild, struct dbk_book *book,
                                      struct dbk_view **view, struct dbk_err *err);

/**
 * Stop the current view's writer until swap or close, and say how far that view is.
 *
 * @param[out] offset_next  per partition; 0 where there is no current view of this log.
 */
DBK_MUST_CHECK int dbk_rebuild_hold(struct dbk_rebuild *rebuild, int64_t *offset_next,
                                    struct dbk_err *err);

/** Point the link to the new generation and remove those before the one it replaces. */
DBK_MUST_CHECK int dbk_rebuild_swap(struct dbk_rebuild *rebuild, struct dbk_err *err);

/** @return the number of the generation that is made. */
int64_t dbk_rebuild_generation(const struct dbk_rebuild *rebuild);

/** @return the number of the generation that is replaced, -1 where there was none. */
int64_t dbk_rebuild_replaces(const struct dbk_rebuild *rebuild);

#endif
