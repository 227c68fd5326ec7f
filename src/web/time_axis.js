// A time axis: seconds since 1970 on a linear scale, with marks where days, months and years begin
// (UTC, like every time of the ledger).

const HOUR = 3600;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 3, 6, 12].map((count) => ({ unit: "hour", count, length: count * HOUR })),
  ...[1, 2, 7, 14].map((count) => ({ unit: "day", count, length: count * DAY })),
  ...[1, 3, 6].map((count) => ({ unit: "month", count, length: count * 30.4 * DAY })),
  ...[1, 2, 5, 10, 20, 50, 100, 500, 1000].map((count) => (
    { unit: "year", count, length: count * 365.25 * DAY })),
];

const utc = (year, month) => {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 1); // Date.UTC takes years below 100 for others
  return date.getTime() / 1000;
};

/** The first mark at or after a time, and how to get to the next one. */
function marks(step, from) {
  if (step.unit === "hour" || step.unit === "day") {
    const monday = step.count % 7 === 0 ? 4 * DAY : 0; // 1970 began on a Thursday
    const first = Math.ceil((from - monday) / step.length) * step.length + monday;
    return (index) => first + index * step.length;
  }
  const months = step.unit === "month" ? step.count : step.count * 12;
  const date = new Date(from * 1000);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  let first = Math.ceil(month / months) * months;
  if (utc(0, first) < from) first += months;
  return (index) => utc(0, first + index * months);
}

/** @return marks between two times, at most `most` and in even steps. */
export function dayTicks(from, to, most) {
  const step = STEPS.find(({ length }) => (to - from) / length <= most) ?? STEPS.at(-1);
  const mark = marks(step, from);
  const ticks = [];
  for (let index = 0; mark(index) <= to && ticks.length <= most; index++) {
    ticks.push({ value: mark(index), unit: step.unit });
  }
  return ticks;
}

const FORMATS = {
  hour: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "numeric" },
  year: { year: "numeric" },
};

/** @return a mark's words: only what tells it from its neighbours, and the date at midnight. */
export function tickLabel(lang, value, { unit }) {
  const shown = unit === "hour" && value % DAY === 0 ? "day" : unit;
  return new Intl.DateTimeFormat(lang, { ...FORMATS[shown], timeZone: "UTC" })
    .format(new Date(value * 1000));
}
