#include "balance_at.h"
#include "cli.h"
#include "json_out.h"
#include "table.h"

#include <daybook/message.h>
#include <daybook/view_read.h>

#include <stdlib.h>
#include <string.h>

static const char *at;
static bool from_log;

static const struct dbk_option options[] = {
    {"at", 0, DBK_OPTION_STRING, &at, "WHEN",
     "as of a date (2024-01-31), a position (0:42), positions (0:42,1:17) or a receipt", 0, 0},
    {"from-log", 0, DBK_OPTION_FLAG, &from_log, NULL,
     "one account, from the last snapshot and the log alone, without a database", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

struct output {
    struct dbk_view *view;
    const struct dbk_checkpoint *checkpoints;
    struct dbk_table table;
    bool json;
    int found;
};

/** The position that a balance is true at: the last event applied on the account's partition. */
static int show(void *context, int64_t account_id, const struct dbk_account *account,
                struct dbk_err *err)
{
    struct output *output = context;
    int32_t partition = (int32_t)(account_id % dbk_view_identity(output->view)->partition_count);
    int64_t offset = output->checkpoints[partition].offset_next - 1;
    output->found++;
    if (!output->json) {
        dbk_table_add(&output->table, account->name);
        dbk_table_add_amount(&output->table, account->balance_minor);
        dbk_table_add_position(&output->table, partition, offset);
        return 0;
    }
    json_t *object = json_object();
    dbk_json_set_text(object, "account", account->name);
    dbk_json_set_amount(object, "balance", account->balance_minor);
    dbk_json_set_position(object, "at", partition, offset);
    return dbk_json_print(object, err);
}

static int each(struct output *output, int argc, char **argv, struct dbk_err *err)
{
    int code = 0;
    if (argc == 0)
        return dbk_view_each_account(output->view, NULL, show, output, err);
    for (int i = 0; code == 0 && i < argc; i++) {
        struct dbk_text name = {argv[i], (uint32_t)strlen(argv[i])};
        output->found = 0;
        code = dbk_view_each_account(output->view, &name, show, output, err);
        if (code == 0 && output->found == 0)
            code = dbk_err_set(err, DBK_ENO,
                               "there is no account \"%.200s\" in the view; daybook balance lists "
                               "all accounts.",
                               argv[i]);
    }
    return code;
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    static const struct dbk_column columns[] = {
        {"ACCOUNT", false}, {"BALANCE", true}, {"AT", false}};
    struct output output = {.json = cli->json};
    struct dbk_checkpoint *checkpoints = NULL;
    if (at != NULL && from_log)
        return dbk_err_set(err, DBK_EUSAGE, "give --at or --from-log, not both.");
    if (at != NULL)
        return dbk_balance_at(cli, at, argc, argv, err);
    if (from_log && argc != 1)
        return dbk_err_set(err, DBK_EUSAGE, "--from-log answers for one account: name it.");
    if (from_log)
        return dbk_balance_from_log(cli, argv[0], err);
    int code = dbk_view_open_read(&output.view, cli->config.database, cli->config.topic, err);
    if (code != 0)
        return code;
    dbk_table_init(&output.table, columns, 3);
    checkpoints =
        calloc((size_t)dbk_view_identity(output.view)->partition_count, sizeof *checkpoints);
    output.checkpoints = checkpoints;
    code = checkpoints != NULL ? dbk_view_begin(output.view, checkpoints, err)
                               : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0)
        code = each(&output, argc, argv, err);
    if (!cli->json && (code == 0 || (code == DBK_ENO && output.table.cell_count > 0))) {
        int printed = dbk_table_print(&output.table, err);
        code = printed != 0 ? printed : code;
    }
    dbk_table_clear(&output.table);
    dbk_view_close(output.view);
    free(checkpoints);
    return code;
}

const struct dbk_command dbk_command_balance = {
    .name = "balance",
    .arguments = "[ACCOUNT...]",
    .summary = "show balances, now or at any moment of the past",
    .description =
        "Shows the balance of the accounts named, or of all, and the position (partition:offset\n"
        "of the last event applied) that it is true at. With --at, balances are added up from the\n"
        "log: a date counts what is dated up to its last second, a position what the ledger knew\n"
        "after that event.",
    .options = options,
    .arguments_max = -1,
    .run = run,
};
