// Charts, drawn from the tables beside them and from nothing else: each row is a point, each cell
// with data-k and data-v a value. What a chart shows in words is a cell's own text, so that an
// amount too large for a double is drawn roughly and told exactly.
import { tickLabel, timeTicks } from "./time_axis.js";

const LIBRARY = "/chart.js";
const BAR_PX = 24; // from bar to bar, where they do not stand beside rows
const BARS_AXIS_PX = 28;
const charts = new Map(); // by figure

/* --- data --- */

/** @return the table's rows: label, and for each key its value and its text. */
function readRows(table) {
  return [...table.tBodies].flatMap((body) => [...body.rows]).map((row) => {
    const cells = {};
    for (const cell of row.querySelectorAll("[data-k][data-v]")) {
      const text = cell.textContent.trim();
      cells[cell.dataset.k] = { value: cell.dataset.v, text };
    }
    return cells;
  });
}

/** Minor units, of any length, to units: only ever for drawing. */
const units = (cell) => (cell === undefined ? null : Number(cell.value) / 100);
const seconds = (cell) => Number(cell.value);

/* --- colours and patterns, from the style sheet --- */

/** A colour as the style sheet has it for this theme and medium. */
function colour(figure, name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  figure.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Stripes, so that a withdrawal is known without its colour. */
function striped(ink) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = ink;
  pen.lineWidth = 2;
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift - 1, 7);
    pen.lineTo(shift + 7, -1);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

/* --- the three kinds --- */

function amountAxis(look, more = {}) {
  const format = new Intl.NumberFormat(look.lang, { notation: "compact", maximumFractionDigits: 1 });
  return {
    grace: "4%",
    grid: { color: look.line, borderColor: look.line },
    ticks: {
      color: look.soft,
      maxRotation: 0,
      maxTicksLimit: 6,
      callback: (value) => format.format(value).replace("-", "\u2212"),
    },
    ...more,
  };
}

function timeAxis(look, from, to, shortest) {
  return {
    type: "linear",
    min: from,
    max: to,
    offset: false,
    grid: { color: look.line, borderColor: look.line, drawOnChartArea: false, offset: false },
    afterBuildTicks: (axis) => {
      axis.ticks = timeTicks(axis.min, axis.max, axis.width, shortest);
    },
    ticks: {
      color: look.soft,
      autoSkip: false,
      maxRotation: 0,
      callback: (value, index, ticks) => tickLabel(look.lang, index, ticks),
    },
  };
}

const DAY_S = 86400;

/** Deposits upward, withdrawals downward and striped. */
function flowSets(look, rows, place) {
  const bar = { maxBarThickness: 20, grouped: false, borderWidth: 1 };
  const set = (key, sign, ink, fill) => ({
    ...bar,
    label: look.names[key],
    borderColor: ink,
    backgroundColor: fill,
    data: rows.map((row, index) => place(sign * Math.abs(units(row[key])), row, index)),
    texts: rows.map((row) => row[key].text),
  });
  return [
    set("deposits", 1, look.in, look.in),
    set("withdrawals", -1, look.out, striped(look.out)),
  ];
}

function daily(look, rows) {
  const days = rows.map((row) => seconds(row.day));
  const last = Math.max(...days) + DAY_S / 2;
  const first = Math.min(Math.min(...days) - DAY_S / 2, last - 7 * DAY_S); // a week at least
  return {
    type: "bar",
    data: { datasets: flowSets(look, rows, (y, row) => ({ x: seconds(row.day), y })) },
    labels: rows.map((row) => row.day.text),
    scales: {
      x: timeAxis(look, first, last, DAY_S),
      y: amountAxis(look),
    },
  };
}

/** Each bar at the height of its row: look.middles. */
function bars(look, rows) {
  const { middles, beside, height } = look.places;
  return {
    type: "bar",
    data: { datasets: flowSets(look, rows, (x, row, index) => ({ x, y: middles[index] })) },
    labels: rows.map((row) => row.account.text),
    indexAxis: "y",
    scales: {
      x: amountAxis(look, { afterFit: (axis) => { axis.height = BARS_AXIS_PX; } }),
      y: {
        type: "linear",
        display: !beside, // the row has the name
        reverse: true,
        min: 0,
        max: height,
        offset: false,
        grid: { display: false, borderColor: look.line },
        afterBuildTicks: (axis) => { axis.ticks = middles.map((value) => ({ value })); },
        ticks: { color: look.ink, autoSkip: false, callback: (value, i) => short(rows[i].account) },
      },
    },
  };
}

const short = ({ text }) => (text.length > 18 ? text.slice(0, 17) + "…" : text);

/** A line that stays where it is until a transaction moves it, with a mark for each, over the
 * period that was chosen; where it has no end, to the transactions' own. */
function balance(look, rows) {
  const times = rows.map((row) => seconds(row.time));
  const last = Math.max(...times);
  const from = Number(look.names.from ?? Math.min(...times));
  // What is to come is not drawn, and the last balance holds until then.
  const to = Math.min(Number(look.names.to ?? last), Math.max(last, Date.now() / 1000));
  const margin = Math.max((to - from) / 50, 3600);
  const points = rows.map((row) => ({ x: seconds(row.time), y: units(row.balance) }));
  if (to > last) points.push({ x: to, y: points.at(-1).y });
  const mark = (radius) => ({ dataIndex }) => (dataIndex < rows.length ? radius : 0);
  return {
    type: "line",
    data: {
      datasets: [{
        label: look.names.balance,
        borderColor: look.accent,
        backgroundColor: look.accent,
        borderWidth: 1.5,
        stepped: true,
        pointRadius: mark(rows.length > 400 ? 1.5 : 3),
        pointHitRadius: mark(8),
        data: points,
        texts: points.map((_, i) => (rows[i] ?? rows.at(-1)).balance.text),
      }],
    },
    labels: points.map((_, i) => (rows[i] ?? rows.at(-1)).time.text),
    scales: { x: timeAxis(look, from - margin, to + margin, 0), y: amountAxis(look) },
  };
}

const KINDS = { daily, bars, balance };

/* --- drawing --- */

function lookOf(figure) {
  const look = { lang: document.documentElement.lang, names: figure.dataset };
  for (const name of ["ink", "soft", "line", "paper", "accent", "in", "out"]) {
    look[name] = colour(figure, name);
  }
  return look;
}

function options(figure, look, made) {
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    indexAxis: made.indexAxis ?? "x",
    interaction: { mode: "nearest", axis: made.indexAxis ?? "x", intersect: false },
    layout: { autoPadding: false, padding: { right: 8, top: made.indexAxis ? 0 : 8 } },
    font: { family: getComputedStyle(figure).fontFamily },
    scales: made.scales,
    plugins: {
      legend: { display: false }, // it stands above, as text
      tooltip: {
        backgroundColor: look.ink,
        titleColor: look.paper,
        bodyColor: look.paper,
        displayColors: false,
        callbacks: {
          title: ([first]) => made.labels[first.dataIndex],
          label: ({ dataset, dataIndex }) => `${dataset.label}: ${dataset.texts[dataIndex]}`,
        },
      },
    },
  };
}

/** A sign for each series, as its bars are drawn. */
function addLegend(figure) {
  const legend = document.createElement("p");
  legend.className = "legend";
  legend.dataset.made = ""; // for morph.js: not the server's
  for (const key of ["deposits", "withdrawals"]) {
    const sign = document.createElement("span");
    sign.className = `key ${key}`;
    sign.textContent = figure.dataset[key];
    legend.append(sign);
  }
  figure.append(legend);
}

/** @return the canvas, made where it is not there yet. */
function canvasOf(figure) {
  let plot = figure.querySelector(".plot");
  if (plot === null) {
    if (figure.dataset.deposits !== undefined) addLegend(figure);
    plot = document.createElement("div");
    plot.className = "plot";
    plot.dataset.made = "";
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    plot.append(canvas);
    figure.append(plot);
  }
  const caption = figure.querySelector("figcaption");
  plot.firstElementChild.setAttribute("aria-label", caption.textContent.trim());
  return plot.firstElementChild;
}

/**
 * Where bars stand: beside their rows where the style sheet has put them there, and one below the
 * other otherwise.
 *
 * @return the middles of all bars, from the top of the plot, and its height without the axis.
 */
function placeBars(figure, plot) {
  const rows = [...document.getElementById(figure.dataset.table).tBodies[0].rows];
  const boxes = rows.map((row) => row.getBoundingClientRect());
  figure.style.marginTop = plot.style.marginTop = "";
  const from = plot.getBoundingClientRect();
  const { top, right } = boxes[0];
  const beside = from.left >= right;
  const middles = boxes.map((box, i) => (
    beside ? (box.top + box.bottom) / 2 - top : (i + 0.5) * BAR_PX));
  const height = beside ? boxes.at(-1).bottom - top : rows.length * BAR_PX;
  // Down to the first row, or up where the words above it take more room than the heading.
  const moved = beside ? top - from.top : 0;
  (moved > 0 ? plot : figure).style.marginTop = moved === 0 ? "" : `${moved}px`;
  plot.style.height = `${height + BARS_AXIS_PX}px`;
  return { middles, height, beside };
}

function draw(figure) {
  const table = document.getElementById(figure.dataset.table);
  const rows = table === null ? [] : readRows(table);
  const known = charts.get(figure);
  const shown = JSON.stringify(rows);
  if (known?.shown === shown) return;
  figure.hidden = rows.length === 0;
  if (rows.length === 0) return;
  const look = lookOf(figure);
  const canvas = canvasOf(figure);
  if (figure.dataset.chart === "bars") look.places = placeBars(figure, canvas.parentElement);
  const made = KINDS[figure.dataset.chart](look, rows);
  if (known === undefined) {
    const chart = new Chart(canvas, { ...made, options: options(figure, look, made) });
    charts.set(figure, { chart, shown });
    return;
  }
  known.shown = shown;
  known.chart.data = made.data;
  known.chart.options = options(figure, look, made);
  known.chart.update("none");
}

/** Charts whose figure has gone are given up; the library keeps them otherwise. */
function drawAll() {
  for (const [figure, { chart }] of charts) {
    if (figure.isConnected) continue;
    chart.destroy();
    charts.delete(figure);
  }
  document.querySelectorAll("figure.chart[data-chart][data-table]").forEach(draw);
}

function redraw() {
  for (const known of charts.values()) known.shown = null;
  drawAll();
}

/** On paper there are only dark colours on white, whatever the screen has. */
function onPaper(printing) {
  document.documentElement.toggleAttribute("data-printing", printing);
  redraw();
  for (const { chart } of charts.values()) chart.resize();
}

let library = null;
function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = LIBRARY;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

async function start() {
  if (document.querySelector("figure.chart") === null) return;
  await load();
  drawAll();
}

document.addEventListener("daybook:updated", start);
window.addEventListener("resize", redraw); // rows move, and bars with them
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
window.addEventListener("beforeprint", () => onPaper(true));
window.addEventListener("afterprint", () => onPaper(false));
start();
