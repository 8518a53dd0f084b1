"use strict";
(() => {
  const boxes = [...document.querySelectorAll("[name=kind]")];
  const back = document.querySelector("#back");

  function show() {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    for (const entry of document.querySelectorAll("[data-kind]")) entry.hidden = !wanted.has(entry.dataset.kind);
    for (const day of document.querySelectorAll(".story .days > li")) {
      day.hidden = !day.querySelector("[data-kind]:not([hidden])") && !!day.querySelector("[data-kind]");
    }
  }

  for (const box of boxes) box.addEventListener("change", show);
  show();

  // Back to what was found, not to an empty box.
  back.addEventListener("click", (event) => {
    if (sessionStorage.getItem("found") !== location.pathname) return;
    event.preventDefault();
    history.back();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) location.href = back.href;
  });
})();
