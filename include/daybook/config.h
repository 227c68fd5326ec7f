/**
 * Where the log and the view are: options, environment and configuration file in one struct.
 *
 * In order of precedence: options (`-b -t -d -X`), environment (`DAYBOOK_BROKERS`,
 * `DAYBOOK_TOPIC`, `DAYBOOK_DATABASE`, `DAYBOOK_CONFIG`), the file given with `-F` or found at
 * `~/.config/daybook.conf` (lines `property=value`; `brokers`, `topic` and `database` are
 * daybook's own, all others are librdkafka's), defaults.
 *
 * Lifetime: init, any number of set, clear. Strings are copied.
 */
#ifndef DAYBOOK_CONFIG_H
#define DAYBOOK_CONFIG_H

#include <daybook/err.h>

#include <stdatomic.h>
#include <stddef.h>

#define DBK_DEFAULT_BROKERS "127.0.0.1:9092"
#define DBK_DEFAULT_TOPIC "client_transactions"
#define DBK_DEFAULT_DATABASE "ledger.db"

/** Kafka's limit is 249; the snapshots topic's name is the longer one. */
#define DBK_TOPIC_MAX 239
#define DBK_SNAPSHOTS_SUFFIX "-snapshots"

struct dbk_property {
    char *name;
    char *value;
};

struct dbk_config {
    char *brokers;
    char *topic;
    char *database;                  /**< path of the link to the view's current generation */
    struct dbk_property *properties; /**< librdkafka's, in the order to set them */
    size_t property_count;
    const atomic_bool *stop; /**< set: whoever waits gives up; NULL: nobody can ask */
};

void dbk_config_init(struct dbk_config *config);
void dbk_config_clear(struct dbk_config *config);

/** Set one librdkafka property from `-X name=value`; passwords are refused here. */
DBK_MUST_CHECK int dbk_config_set_option(struct dbk_config *config, const char *assignment,
                                         struct dbk_err *err);

/** Read a configuration file. Values already set stay. Secrets only where others cannot read it. */
DBK_MUST_CHECK int dbk_config_read_file(struct dbk_config *config, const char *path,
                                        struct dbk_err *err);

/** Fill what is still missing from the environment, the default file and the defaults. */
DBK_MUST_CHECK int dbk_config_complete(struct dbk_config *config, const char *file,
                                       struct dbk_err *err);

#endif
