"use strict";
(() => {
  const boxes = [...document.querySelectorAll("[name=kind]")];
  const back = document.querySelector("#back");

  function show() {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    sessionStorage.setItem("kinds", [...wanted]);
    for (const entry of document.querySelectorAll("[data-kind]")) entry.hidden = !wanted.has(entry.dataset.kind);
    for (const day of document.querySelectorAll(".story .days > li")) {
      day.hidden = !day.querySelector("[data-kind]:not([hidden])") && !!day.querySelector("[data-kind]");
    }
  }

  const kinds = sessionStorage.getItem("kinds");
  for (const box of boxes) {
    if (kinds !== null) box.checked = kinds.split(",").includes(box.value);
    box.addEventListener("change", show);
  }
  show();

  // Whoever logs out leaves nothing behind in this tab.
  document.querySelector(".who")?.addEventListener("submit", () => sessionStorage.clear());

  // A page in which somebody is writing is not taken from under their hands.
  function renew() {
    line.close();
    const fields = [...document.querySelectorAll("main form :is(textarea, input:not([type=hidden]))")];
    const writing = document.querySelector("main details[open]") || fields.some((field) => field === document.activeElement
      || field.value !== field.defaultValue || field.checked !== field.defaultChecked);
    if (writing || location.pathname !== document.querySelector("#fresh a").pathname) document.querySelector("#fresh").hidden = false;
    else location.replace(`${location.pathname}?fresh`);
  }

  const main = document.querySelector("main");
  const line = new EventSource(main.dataset.stream);
  line.addEventListener("update", renew);
  if ("moving" in main.dataset) setTimeout(renew, 1500);
  addEventListener("pagehide", () => line.close());

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) location.href = back.href;
  });
})();
