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

const LABEL_PX = { hour: 76, day: 64, month: 56, year: 48 };

/**
 * @param shortest  no marks closer than so many seconds.
 * @return marks between two times, in even steps, so many as their words have room for.
 */
export function timeTicks(from, to, width, shortest = 0) {
  const fits = ({ unit, length }) => (
    length >= shortest && ((to - from) / length) * LABEL_PX[unit] <= width);
  const step = STEPS.find(fits) ?? STEPS.at(-1);
  const mark = marks(step, from);
  const ticks = [];
  for (let index = 0; mark(index) <= to && index < 1000; index++) {
    ticks.push({ value: mark(index), unit: step.unit });
  }
  return ticks;
}

const FORMATS = {
  hour: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { day: "numeric", month: "short" },
  month: { month: "short" },
  year: { year: "numeric" },
};
const WHOLE = { hour: { day: "numeric", month: "short", year: "numeric" }, day: FORMATS.year,
  month: FORMATS.year };

function words(lang, seconds, format) {
  return new Intl.DateTimeFormat(lang, { ...format, timeZone: "UTC" })
    .format(new Date(seconds * 1000));
}

/** @return a mark's words, and below them the day or year it is in, where that changes. */
export function tickLabel(lang, index, ticks) {
  const { value, unit } = ticks[index];
  const own = words(lang, value, FORMATS[unit]);
  if (unit === "year") return own;
  const whole = words(lang, value, WHOLE[unit]);
  const before = index > 0 ? words(lang, ticks[index - 1].value, WHOLE[unit]) : "";
  return whole === before ? own : [own, whole];
}
