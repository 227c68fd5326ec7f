// Make a part of the page look like a newer version of itself, and leave alone all that did not
// change: what is scrolled, focused, selected or opened stays so. Table rows are recognised by
// their id, data-key, or by where their links lead.

/** Elements that scripts made (charts, counts): the server's HTML knows nothing of them. */
const isMade = (node) => node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-made");

function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  if (node.id) return "#" + node.id;
  if (node.nodeName !== "TR") return null;
  if (node.dataset.key) return node.dataset.key;
  const links = [...node.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"));
  return links.length > 0 ? links.join(" ") : null;
}

/** Keys of the children that have one of their own. */
function keysOf(parent) {
  const keys = new Map();
  const twice = new Set();
  for (const child of parent.children) {
    const key = keyOf(child);
    if (key === null) continue;
    if (keys.has(key)) twice.add(key);
    keys.set(key, child);
  }
  for (const key of twice) keys.delete(key);
  return keys;
}

const KEPT = new Set(["data-new", "data-made", "data-old"]); // set by scripts

function morphAttributes(from, to) {
  const kept = (name) => KEPT.has(name) || (name === "open" && from.nodeName === "DETAILS");
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !kept(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (!kept(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
}

function morphNode(from, to, added) {
  if (from.isEqualNode(to)) return;
  if (from.nodeType !== Node.ELEMENT_NODE) {
    from.nodeValue = to.nodeValue;
    return;
  }
  morphAttributes(from, to);
  morphChildren(from, to, added);
}

function morphChildren(from, to, added) {
  const old = keysOf(from);
  const wanted = keysOf(to);
  for (const [key, child] of old) {
    if (!wanted.has(key) && !isMade(child)) child.remove();
  }
  const hadRows = old.size > 0;
  const keyed = new Set([...old.values()]);
  let current = from.firstChild;
  const skip = () => {
    while (current !== null && isMade(current)) current = current.nextSibling;
  };
  for (const target of [...to.childNodes]) {
    skip();
    const key = keyOf(target);
    let match = wanted.get(key) === target ? (old.get(key) ?? null) : null;
    if (match === null && current !== null && !keyed.has(current) && !wanted.has(key) &&
        current.nodeName === target.nodeName) {
      match = current;
    }
    if (match === null) {
      const made = document.importNode(target, true);
      from.insertBefore(made, current);
      if (made.nodeName === "TR" && hadRows) added.push(made);
      continue;
    }
    if (match === current) current = current.nextSibling;
    else from.insertBefore(match, current);
    morphNode(match, target, added);
  }
  while (current !== null) {
    const next = current.nextSibling;
    if (!isMade(current)) current.remove();
    current = next;
  }
}

/* --- what the reader holds: focus and place --- */

/** @return a function that gives the focus back, where the change took it away. */
function holdFocus(region) {
  const focused = document.activeElement;
  if (focused === null || !region.contains(focused)) return () => {};
  const { id } = focused;
  const href = focused.getAttribute("href");
  return () => {
    if (document.activeElement === focused) return;
    let next = focused.isConnected ? focused : null;
    if (next === null && id) next = document.getElementById(id);
    if (next === null && href !== null) next = region.querySelector(`[href="${CSS.escape(href)}"]`);
    next ??= region.querySelector("[tabindex], a[href], button") ?? region;
    next.focus({ preventScroll: true });
  };
}

/** @return a function that scrolls so that the first rows that were seen stay where they were. */
function holdPlace(scroller) {
  const page = scroller === document.scrollingElement;
  if (scroller.scrollTop <= 0) return () => {};
  const top = page ? 0 : scroller.getBoundingClientRect().top;
  const seen = [];
  for (const candidate of scroller.querySelectorAll("tbody tr, h1, h2, figure, form, dl, p")) {
    const place = candidate.getBoundingClientRect();
    if (place.height === 0 || place.top < top) continue;
    seen.push([candidate, place.top]);
    if (seen.length === 50) break;
  }
  return () => {
    const held = seen.find(([candidate]) => candidate.isConnected);
    if (held === undefined) return;
    const moved = held[0].getBoundingClientRect().top - held[1];
    if (moved !== 0) scroller.scrollBy({ top: moved, behavior: "instant" });
  };
}

/**
 * Give a region the children of a newer version of it.
 *
 * @return the table rows that were not there before.
 */
export function morphRegion(region, newer) {
  const added = [];
  const giveBack = [holdFocus(region), holdPlace(document.scrollingElement)];
  for (const scroller of document.querySelectorAll(".scroll")) giveBack.push(holdPlace(scroller));
  morphAttributes(region, newer);
  morphChildren(region, newer, added);
  for (const restore of giveBack) restore();
  return added;
}
