// The page follows the ledger: the server tells of every commit, the page asks for itself again
// and takes over what changed. One request at a time; none while paused or hidden.
import { morphRegion } from "./morph.js";

const SPACING_MS = 150; // between two requests for the page
const REST = 4; // a page that takes the server long is asked for the more rarely, so many times that
const RETRY_MS = [250, 500, 1000, 2000, 4000, 8000, 15000];
const LOST_AFTER_MS = 1000; // a shorter interruption is not worth a word
const ANNOUNCE_MS = 20000; // at most one announcement of new rows in this time
const MARK_MS = 4000;
const PAUSED = "daybook.paused";

const panel = document.getElementById("live");
const button = panel?.querySelector("button");
const state = panel?.querySelector(".live-state");
const announcer = panel?.querySelector(".live-news");
const REGIONS = "[data-live][id]";
const changes = document.querySelector(REGIONS) !== null; // errors, and what is once and for all, do not

/* --- words --- */

let shownState = "";

/** The time of day, for sentences like "paused since". */
function clock() {
  const format = { timeStyle: "medium", timeZone: "UTC" };
  return new Intl.DateTimeFormat(document.documentElement.lang, format).format() + " UTC";
}

/** @param name "on", "paused" or "lost"; said once, when it begins. */
function showState(name) {
  if (shownState === name) return;
  shownState = name;
  panel.dataset.state = name;
  state.textContent = name === "on" ? panel.dataset.on : `${panel.dataset[name]} ${clock()}`;
  document.getElementById("freshness")?.toggleAttribute("data-old", name !== "on");
}

let unannounced = 0;
let announceTimer = 0;

/** New rows are counted up and told of now and then: a busy ledger must not talk all the time. */
function announce(count) {
  unannounced += count;
  if (unannounced === 0 || announceTimer !== 0) return;
  announcer.textContent = `${panel.dataset.rows} ${unannounced}`;
  unannounced = 0;
  announceTimer = setTimeout(() => {
    announceTimer = 0;
    announce(0);
  }, ANNOUNCE_MS);
}

/** A mark that goes away; the style sheet says what it looks like. */
function mark(rows) {
  for (const row of rows) row.setAttribute("data-new", "");
  setTimeout(() => rows.forEach((row) => row.removeAttribute("data-new")), MARK_MS);
}

/* --- asking for the page again --- */

let wanted = false; // something changed since the last request began
let asking = null; // what ends the request that is under way
let nextAt = 0;
let timer = 0;
let shownCommit = panel?.dataset.commit ?? "";

function takeOver(html) {
  const newer = new DOMParser().parseFromString(html, "text/html");
  const added = [];
  for (const region of document.querySelectorAll(REGIONS)) {
    const replacement = newer.getElementById(region.id);
    if (replacement !== null) added.push(...morphRegion(region, replacement));
  }
  shownCommit = newer.getElementById("live")?.dataset.commit ?? shownCommit;
  mark(added);
  announce(added.length);
  document.dispatchEvent(new CustomEvent("daybook:updated"));
}

async function ask() {
  timer = 0;
  wanted = false;
  const begun = performance.now();
  asking = new AbortController();
  try {
    const answer = await fetch(location.href, { cache: "no-cache", signal: asking.signal });
    const html = await answer.text();
    if (answer.ok && following()) takeOver(html);
    else if (answer.status >= 500 || answer.status === 429) retryLater();
  } catch (error) {
    if (error.name !== "AbortError") retryLater();
  }
  const ended = performance.now();
  nextAt = Math.max(nextAt, begun + SPACING_MS, ended + REST * (ended - begun));
  asking = null;
  if (wanted) refresh();
}

/** The numbers stay; a server that is gone is told of by the stream. */
function retryLater() {
  wanted = true;
  nextAt = performance.now() + 2000;
}

function refresh() {
  if (!changes) return;
  wanted = true;
  if (!following() || asking !== null || timer !== 0) return;
  timer = setTimeout(ask, Math.max(0, nextAt - performance.now()));
}

/* --- the stream --- */

let stream = null;
let failures = 0;
let retryTimer = 0;
let lostTimer = 0;

const paused = () => button.getAttribute("aria-pressed") === "true";
const following = () => !paused() && !document.hidden;

function setFreshness(html) {
  const newer = new DOMParser().parseFromString(html, "text/html").getElementById("freshness");
  const line = document.getElementById("freshness");
  if (line !== null && newer !== null) morphRegion(line, newer);
}

function connected() {
  failures = 0;
  clearTimeout(lostTimer);
  lostTimer = 0;
  showState("on");
}

function failed() {
  disconnect();
  lostTimer ||= setTimeout(() => showState("lost"), LOST_AFTER_MS);
  const delay = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
  retryTimer = setTimeout(connect, delay * (0.75 + Math.random() / 2));
}

function connect() {
  if (!following() || stream !== null) return;
  clearTimeout(retryTimer);
  stream = new EventSource(`/live?lang=${document.documentElement.lang}`);
  stream.addEventListener("open", connected);
  stream.addEventListener("error", failed);
  stream.addEventListener("freshness", ({ data }) => setFreshness(data));
  stream.addEventListener("commit", ({ data }) => {
    const { generation, commit_seq: sequence } = JSON.parse(data);
    if (shownCommit !== `${generation}:${sequence}`) refresh();
  });
}

function disconnect() {
  clearTimeout(retryTimer);
  stream?.close();
  stream = null;
}

/** Begin or end, as the button and the tab say. */
function follow() {
  if (following()) {
    connect();
    refresh(); // what was missed
    return;
  }
  clearTimeout(timer);
  clearTimeout(lostTimer);
  timer = lostTimer = 0;
  disconnect();
  asking?.abort();
  if (paused()) showState("paused");
}

function press(on) {
  button.setAttribute("aria-pressed", String(on));
  sessionStorage.setItem(PAUSED, on ? "yes" : "");
  follow();
}

if (panel !== null) {
  button.setAttribute("aria-pressed", String(sessionStorage.getItem(PAUSED) === "yes"));
  button.addEventListener("click", () => press(!paused()));
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("online", () => {
    if (stream === null) connect();
  });
  window.addEventListener("pagehide", () => {
    disconnect();
    asking?.abort();
  });
  window.addEventListener("pageshow", (event) => event.persisted && follow());
  panel.hidden = false;
  if (paused()) showState("paused");
  else connect();
}
