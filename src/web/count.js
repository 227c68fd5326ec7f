// Counts and sums of a filtered selection take longer than its rows. They are asked for after the
// rows are shown, and stand in for the link that asks for them without scripts.

const AGAIN_MS = 5000; // between two counts on a page that changes,
const REST = 4; // or so many times what one takes
const panel = document.getElementById("live");
let asking = null; // what ends the question that is under way
let timer = 0;
let nextAt = 0;

/** The place before the link, which the style sheet then hides. */
function placeBefore(link) {
  const before = link.previousElementSibling;
  if (before?.classList.contains("count-place")) return before;
  const place = document.createElement("span");
  place.className = "count-place";
  place.dataset.made = ""; // for morph.js: not the server's
  place.setAttribute("role", "status");
  place.textContent = panel?.dataset.counting ?? "…";
  link.before(place);
  return place;
}

function show(place, html) {
  if (place.dataset.html === html) return;
  const parsed = new DOMParser().parseFromString(html, "text/html");
  place.replaceChildren(...parsed.body.childNodes);
  place.dataset.html = html;
}

async function count() {
  timer = 0;
  const link = document.querySelector("a.count-all[data-summary]");
  if (link === null) return;
  const place = placeBefore(link);
  const begun = performance.now();
  asking = new AbortController();
  window.addEventListener("beforeunload", stop);
  try {
    const answer = await fetch(link.dataset.summary, { signal: asking.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    show(place, await answer.text());
  } catch {
    place.remove(); // it can still be asked for by hand
  }
  place.removeAttribute("role"); // later changes are not announced
  window.removeEventListener("beforeunload", stop);
  const ended = performance.now();
  nextAt = ended + Math.max(AGAIN_MS, REST * (ended - begun));
  asking = null;
}

/** The reader goes elsewhere: what comes next must not wait for a count that nobody reads. */
function stop() {
  asking?.abort();
}

function countSoon() {
  if (timer !== 0 || asking !== null) return;
  timer = setTimeout(count, Math.max(0, nextAt - performance.now()));
}

document.addEventListener("daybook:updated", countSoon);
window.addEventListener("pageshow", (event) => event.persisted && countSoon());
countSoon();
