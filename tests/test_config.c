/* Goal: options win over the environment, that over files; secrets and guarantees are guarded. */
#include "support.h"

#include <daybook/config.h>

#include <sys/stat.h>
#include <unistd.h>

/** Write a file that only we can read, or everybody. */
static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static void config__takes_the_first_of_option_environment_file_default(void **state)
{
    struct dbk_config config;
    struct dbk_err err;
    char path[] = "/tmp/daybook-config-XXXXXX";
    (void)state;
    close(mkstemp(path));
    write_file(path,
               "# mine\nbrokers = file:1\ntopic=from-file\n\ndatabase=file.db\n"
               "client.rack = r1 \n",
               0600);
    setenv("DAYBOOK_TOPIC", "from-environment", 1);
    setenv("DAYBOOK_DATABASE", "environment.db", 1);
    unsetenv("DAYBOOK_BROKERS");
    dbk_config_init(&config);
    config.database = strdup("option.db");
    assert_int_equal(dbk_config_complete(&config, path, &err), 0);
    assert_string_equal(config.brokers, "file:1");
    assert_string_equal(config.topic, "from-environment");
    assert_string_equal(config.database, "option.db");
    assert_int_equal(config.property_count, 1);
    assert_string_equal(config.properties[0].name, "client.rack");
    assert_string_equal(config.properties[0].value, "r1");
    dbk_config_clear(&config);
    unsetenv("DAYBOOK_TOPIC");
    unsetenv("DAYBOOK_DATABASE");
    unlink(path);
}

static void config__guards_secrets_and_guarantees(void **state)
{
    static const struct {
        const char *option;
        int expected;
    } cases[] = {
        {"client.rack=a", 0},
        {"ssl.ca.location=/x=y", 0},
        {"sasl.password=x", DBK_EUSAGE},
        {"ssl.key.password=x", DBK_EUSAGE},
        {"acks=1", DBK_EUSAGE},
        {"enable.idempotence=false", DBK_EUSAGE},
        {"message.timeout.ms=5", DBK_EUSAGE},
        {"isolation.level=read_committed", DBK_EUSAGE},
        {"partitioner=random", DBK_EUSAGE},
        {"nothing", DBK_EUSAGE},
        {"=x", DBK_EUSAGE},
    };
    struct dbk_err err;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_config config;
        dbk_config_init(&config);
        if (dbk_config_set_option(&config, cases[i].option, &err) != cases[i].expected)
            fail_msg("%s", cases[i].option);
        dbk_config_clear(&config);
    }
}

static void config__takes_secrets_only_from_private_files(void **state)
{
    char path[] = "/tmp/daybook-config-XXXXXX";
    (void)state;
    close(mkstemp(path));
    for (int open = 0; open < 2; open++) {
        struct dbk_config config;
        struct dbk_err err = {.text = ""};
        dbk_config_init(&config);
        write_file(path, "sasl.password=x\n", open ? 0644 : 0600);
        assert_int_equal(dbk_config_read_file(&config, path, &err), open ? DBK_EUSAGE : 0);
        assert_true(!open || strstr(err.text, "chmod 600") != NULL);
        dbk_config_clear(&config);
    }
    unlink(path);
}

static void config__refuses_what_cannot_be_a_topic(void **state)
{
    static const char *const bad[] = {"a b", "a/b", "..", ".", "é"};
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct dbk_config config;
        struct dbk_err err;
        dbk_config_init(&config);
        config.topic = strdup(bad[i]);
        assert_int_equal(dbk_config_complete(&config, "/dev/null", &err), DBK_EUSAGE);
        dbk_config_clear(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config__takes_the_first_of_option_environment_file_default),
        cmocka_unit_test(config__guards_secrets_and_guarantees),
        cmocka_unit_test(config__takes_secrets_only_from_private_files),
        cmocka_unit_test(config__refuses_what_cannot_be_a_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
