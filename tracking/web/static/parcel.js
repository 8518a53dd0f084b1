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

  // A page in which somebody is writing is not taken from under their hands.
  const line = new EventSource(document.querySelector("main").dataset.stream);
  line.addEventListener("update", () => {
    line.close();
    const fields = [...document.querySelectorAll("main textarea, main input:not([type=hidden], [type=checkbox])")];
    const writing = fields.some((field) => field.value !== field.defaultValue || field === document.activeElement);
    if (writing || location.pathname !== document.querySelector("#fresh a").pathname) document.querySelector("#fresh").hidden = false;
    else location.reload();
  });
  addEventListener("pagehide", () => line.close());

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) location.href = back.href;
  });
})();
