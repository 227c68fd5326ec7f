/* Goal: the page's files are in the program, whole, and are told apart by their content. */
#include "support.h"

#include <assets.h>

#include <string.h>

static void asset_find__gives_whole_files(void **state)
{
    static const struct {
        const char *name;
        const char *type;
        const char *begins_with;
    } cases[] = {
        {"style.css", "text/css; charset=utf-8", ""},
        {"icon.svg", "image/svg+xml", "<svg"},
        {"live.js", "text/javascript; charset=utf-8", "//"},
        {"morph.js", "text/javascript; charset=utf-8", "//"},
        {"count.js", "text/javascript; charset=utf-8", "//"},
        {"tables.js", "text/javascript; charset=utf-8", "//"},
        {"charts.js", "text/javascript; charset=utf-8", "//"},
        {"time_axis.js", "text/javascript; charset=utf-8", "//"},
        {"chart.js", "text/javascript; charset=utf-8", "/*!\n * Chart.js v3."},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct dbk_asset *asset = dbk_asset_find(cases[i].name);
        assert_non_null(asset);
        assert_string_equal(asset->content_type, cases[i].type);
        assert_memory_equal(asset->bytes, cases[i].begins_with, strlen(cases[i].begins_with));
        assert_int_equal(strlen(asset->bytes), *asset->size);
        assert_int_equal(strlen(asset->sha256), 64);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(asset->sha256, dbk_asset_find(cases[other].name)->sha256);
    }
}

static void asset_find__knows_no_other_names(void **state)
{
    static const char *const names[] = {"", "style", "style.css/", "STYLE.CSS", "../style.css"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_null(dbk_asset_find(names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asset_find__gives_whole_files),
        cmocka_unit_test(asset_find__knows_no_other_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
