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

  // A prepared answer is filled in without loading the page, so that nothing typed elsewhere is lost.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fill]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const field = document.getElementById(link.dataset.fill);
    if (field.value.trim() && field.value !== field.dataset.filled && !confirm(link.closest("[data-sure]").dataset.sure)) return;
    field.value = field.dataset.filled = link.dataset.text;
    link.closest("details").open = false;
    field.focus();
  });

  // A page in which somebody is writing is not taken from under their hands.
  function renew() {
    line.close();
    const fields = [...document.querySelectorAll("main form :is(textarea, input:not([type=hidden]))")];
    const writing = document.querySelector("main details[open]") || fields.some((field) => field === document.activeElement
      || field.value !== field.defaultValue || field.checked !== field.defaultChecked)
      || location.search.includes("answer=");
    if (writing || location.pathname !== document.querySelector("#fresh a").pathname) document.querySelector("#fresh").hidden = false;
    else location.replace(`${location.pathname}?fresh`);
  }

  const main = document.querySelector("main");
  const line = new EventSource(main.dataset.stream);
  line.addEventListener("update", renew);
  if ("moving" in main.dataset) setTimeout(renew, 1500);
  addEventListener("pagehide", () => line.close());

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) location.href = back.href;
  });
})();
