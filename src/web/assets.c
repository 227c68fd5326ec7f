#include "assets.h"

#include <stddef.h>
#include <string.h>

#define EMBEDDED(symbol)                                                                           \
    extern const char symbol[];                                                                    \
    extern const unsigned long symbol##_size;                                                      \
    extern const char symbol##_gzip[];                                                             \
    extern const unsigned long symbol##_gzip_size;                                                 \
    extern const char symbol##_sha256[]

EMBEDDED(dbk_style_css);
EMBEDDED(dbk_icon_svg);
EMBEDDED(dbk_live_js);
EMBEDDED(dbk_morph_js);
EMBEDDED(dbk_count_js);
EMBEDDED(dbk_tables_js);
EMBEDDED(dbk_charts_js);
EMBEDDED(dbk_time_axis_js);
EMBEDDED(dbk_chart_js);

#define ASSET(name, type, symbol)                                                                  \
    {                                                                                              \
        name, type, symbol, &symbol##_size, symbol##_gzip, &symbol##_gzip_size, symbol##_sha256    \
    }
#define SCRIPT "text/javascript; charset=utf-8"

static const struct dbk_asset assets[] = {
    ASSET("style.css", "text/css; charset=utf-8", dbk_style_css),
    ASSET("icon.svg", "image/svg+xml", dbk_icon_svg),
    ASSET("live.js", SCRIPT, dbk_live_js),
    ASSET("morph.js", SCRIPT, dbk_morph_js),
    ASSET("count.js", SCRIPT, dbk_count_js),
    ASSET("tables.js", SCRIPT, dbk_tables_js),
    ASSET("charts.js", SCRIPT, dbk_charts_js),
    ASSET("time_axis.js", SCRIPT, dbk_time_axis_js),
    ASSET("chart.js", SCRIPT, dbk_chart_js),
};

const struct dbk_asset *dbk_asset_find(const char *name)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++)
        if (strcmp(assets[i].name, name) == 0)
            return &assets[i];
    return NULL;
}
