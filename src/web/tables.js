// A table that fits is part of the page, and its heading sticks to the window. One that does not
// scrolls in its own box, as every table does without scripts, and its heading sticks to the box.

function fit(box) {
  box.classList.remove("fits", "wide");
  box.classList.add(box.scrollWidth <= box.clientWidth ? "fits" : "wide");
}

function fitAll() {
  document.querySelectorAll(".scroll").forEach(fit);
}

document.addEventListener("daybook:updated", fitAll);
document.addEventListener("toggle", fitAll, true); // of a <details>
window.addEventListener("resize", fitAll);
fitAll();
