#include "options.h"

#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include <daybook/ledger.h>
#include <daybook/view.h>

#include <stdio.h>

void dbk_print_versions(void)
{
    printf("daybook %s (schema %d, fold %d)\n"
           "librdkafka %s, SQLite %s, libmicrohttpd %x.%x.%x, jansson %s, %s\n",
           DAYBOOK_VERSION, DBK_SCHEMA_VERSION, DBK_FOLD_VERSION, rd_kafka_version_str(),
           sqlite3_libversion(), MHD_VERSION >> 24, MHD_VERSION >> 16 & 0xffU,
           MHD_VERSION >> 8 & 0xffU, jansson_version_str(), OpenSSL_version(OPENSSL_VERSION));
}
