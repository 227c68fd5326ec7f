#include <daybook/simulation.h>

#include <stdlib.h>
#include <string.h>

#define NAME_DIGITS 6 /* at least */

struct dbk_simulation {
    uint64_t seed;
    uint64_t account_count;
    uint64_t event_count;
    uint8_t *opened; /* a bit per account: it has had its opening deposit */
    char name[32];
};

/** What accounts do, with weights; amounts in minor units, or in thousandths of the income. */
static const struct habit {
    const char *memo;
    enum dbk_transaction_type type;
    int weight;
    int32_t least;
    int32_t most;
    int32_t step;      /* amounts are multiples of it */
    bool is_of_income; /* least and most are thousandths of the account's income */
} habits[] = {
    {"Salary", DBK_DEPOSIT, 70, 1000, 1000, 1, true},
    {"Rent", DBK_WITHDRAWAL, 50, 300, 300, 100, true},
    {"Groceries", DBK_WITHDRAWAL, 300, 800, 14000, 1, false},
    {"Bakery", DBK_WITHDRAWAL, 120, 110, 1400, 5, false},
    {"Restaurant", DBK_WITHDRAWAL, 90, 1200, 9000, 10, false},
    {"Cash", DBK_WITHDRAWAL, 80, 2000, 30000, 1000, false},
    {"Fuel", DBK_WITHDRAWAL, 50, 2500, 11000, 1, false},
    {"Electricity", DBK_WITHDRAWAL, 25, 3500, 18000, 1, false},
    {"Telephone", DBK_WITHDRAWAL, 25, 999, 4999, 100, false},
    {"Train", DBK_WITHDRAWAL, 40, 190, 12000, 10, false},
    {"Pharmacy", DBK_WITHDRAWAL, 30, 350, 6000, 1, false},
    {"Clothes", DBK_WITHDRAWAL, 30, 1500, 20000, 5, false},
    {"Insurance", DBK_WITHDRAWAL, 20, 30, 60, 1, true},
    {"Refund", DBK_DEPOSIT, 25, 500, 15000, 1, false},
    {"Cash deposit", DBK_DEPOSIT, 25, 2000, 50000, 1000, false},
    {"Family allowance", DBK_DEPOSIT, 20, 14100, 33900, 100, false},
};

#define HABIT_COUNT (sizeof habits / sizeof habits[0])
#define WEIGHT_SUM 1000

/** splitmix64: a well mixed number for each x. */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

/** The next of a chain of numbers. */
static uint64_t draw(uint64_t *state)
{
    *state = mix(*state);
    return *state;
}

/** A number from 0 to limit - 1, limit < 2^32; the bias of 2^-32 does not show. */
static uint64_t below(uint64_t *state, uint64_t limit)
{
    return ((draw(state) >> 32) * limit) >> 32;
}

int dbk_simulation_open(struct dbk_simulation **simulation, int64_t seed, int64_t account_count)
{
    int weights = 0;
    for (size_t i = 0; i < HABIT_COUNT; i++)
        weights += habits[i].weight;
    DBK_ASSERT(weights == WEIGHT_SUM);
    DBK_ASSERT(account_count >= 1 && account_count <= DBK_SIMULATION_ACCOUNTS_MAX);
    *simulation = NULL;
    struct dbk_simulation *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return DBK_ENOMEM;
    opened->seed = mix((uint64_t)seed);
    opened->account_count = (uint64_t)account_count;
    opened->opened = calloc((size_t)account_count / 8 + 1, 1);
    if (opened->opened == NULL) {
        free(opened);
        return DBK_ENOMEM;
    }
    *simulation = opened;
    return 0;
}

void dbk_simulation_close(struct dbk_simulation *simulation)
{
    if (simulation == NULL)
        return;
    free(simulation->opened);
    free(simulation);
}

/** Some accounts are busier: of two draws the smaller, so the first account moves about twice as
 *  much as the average one, the last hardly ever. */
static uint64_t choose_account(struct dbk_simulation *simulation, uint64_t *state)
{
    uint64_t a = below(state, simulation->account_count);
    uint64_t b = below(state, simulation->account_count);
    return a < b ? a : b;
}

/** "SIM-000042". */
static struct dbk_text name_of(struct dbk_simulation *simulation, uint64_t account)
{
    char digits[24];
    int count = 0;
    for (uint64_t rest = account + 1; rest > 0 || count < NAME_DIGITS; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    memcpy(simulation->name, "SIM-", 4);
    for (int i = 0; i < count; i++)
        simulation->name[4 + i] = digits[count - 1 - i];
    return (struct dbk_text){simulation->name, 4 + (uint32_t)count};
}

static const struct habit *choose_habit(uint64_t *state)
{
    int64_t left = (int64_t)below(state, WEIGHT_SUM);
    const struct habit *habit = habits;
    while ((left -= habit->weight) >= 0)
        habit++;
    return habit;
}

/** Of two draws the smaller: small amounts are more frequent than large ones. */
static int64_t choose_amount(const struct habit *habit, int64_t income_minor, uint64_t *state)
{
    int64_t unit = habit->is_of_income ? income_minor / 1000 : 1;
    int64_t least = habit->least * unit;
    uint64_t span = (uint64_t)((habit->most - habit->least) * unit) + 1;
    uint64_t a = below(state, span);
    uint64_t b = below(state, span);
    int64_t amount = least + (int64_t)(a < b ? a : b);
    return amount - (amount - least) % habit->step;
}

void dbk_simulation_next(struct dbk_simulation *simulation, struct dbk_event *event)
{
    uint64_t state = simulation->seed + simulation->event_count++;
    uint64_t account = choose_account(simulation, &state);
    /* From 1,500.00 to 5,500.00 a month, the same for all of the account's life. */
    int64_t income_minor = 150000 + (int64_t)(mix(simulation->seed ^ ~account) % 400001);
    uint8_t *opened = &simulation->opened[account / 8];
    uint8_t bit = (uint8_t)(1U << (account % 8));
    *event = (struct dbk_event){.account = name_of(simulation, account)};
    if ((*opened & bit) == 0) {
        *opened |= bit;
        event->type = DBK_DEPOSIT;
        event->value_minor = income_minor / 100 * 100;
        event->memo = (struct dbk_text){"Opening deposit", 15};
        return;
    }
    const struct habit *habit = choose_habit(&state);
    event->type = habit->type;
    event->value_minor = choose_amount(habit, income_minor, &state);
    event->memo = (struct dbk_text){habit->memo, (uint32_t)strlen(habit->memo)};
    event->has_floor = habit->type == DBK_WITHDRAWAL;
}
