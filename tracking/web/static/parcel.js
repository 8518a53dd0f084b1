"use strict";
(() => {
  const back = document.querySelector("#back"), main = document.querySelector("#main");
  const AWAY = 6e4;
  let line, retry, away;
  htmx.config.morphIgnore.push("open"); // what somebody opened stays open

  function boxes() {
    return [...document.querySelectorAll("[name=kind]")];
  }

  function show() {
    const wanted = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    sessionStorage.setItem("kinds", [...wanted]);
    for (const entry of document.querySelectorAll("[data-kind]")) entry.hidden = !wanted.has(entry.dataset.kind);
    for (const day of document.querySelectorAll(".story .days > li")) {
      day.hidden = !day.querySelector("[data-kind]:not([hidden])") && !!day.querySelector("[data-kind]");
    }
  }

  const kinds = sessionStorage.getItem("kinds");
  for (const box of boxes()) {
    if (kinds !== null) box.checked = kinds.split(",").includes(box.value);
    box.addEventListener("change", show);
  }
  show();

  // Whoever logs out leaves nothing behind in this tab.
  document.querySelector(".who")?.addEventListener("submit", () => sessionStorage.clear());

  // What was typed outlives a reload and a session that has run out, in this tab, until it is sent.
  const drafts = `draft ${document.querySelector("#fresh a").pathname}`;
  const stored = (name) => JSON.parse(sessionStorage.getItem(name) ?? "{}");
  const ids = (form) => [...form.querySelectorAll("textarea")].map((field) => field.id);

  function draw() {
    const kept = stored(drafts), sent = document.querySelector(".done") ? stored(`${drafts} sent`) : {};
    for (const id of Object.keys(sent)) delete kept[id];
    if (document.querySelector(".done")) sessionStorage.removeItem(`${drafts} sent`); // once
    sessionStorage.setItem(drafts, JSON.stringify(kept));
    for (const [id, text] of Object.entries(kept)) {
      const field = document.getElementById(id);
      if (!field || field.value) continue;
      field.value = text;
      for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    }
  }

  draw();
  main.addEventListener("input", ({ target }) => {
    if (target.tagName === "TEXTAREA") sessionStorage.setItem(drafts, JSON.stringify({ ...stored(drafts), [target.id]: target.value }));
  });
  main.addEventListener("submit", ({ target }) => {
    sessionStorage.setItem(`${drafts} sent`, JSON.stringify(Object.fromEntries(ids(target).map((id) => [id, 1]))));
  });

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
  function isWriting() {
    const fields = [...main.querySelectorAll("form :is(textarea, select, input:not([type=hidden]))")];
    return fields.some((field) => field === document.activeElement
      || (field.tagName === "SELECT" ? field.value !== (field.querySelector("[selected]") ?? field.options[0]).value : field.value !== field.defaultValue || field.checked !== field.defaultChecked)) || location.search.includes("answer=");
  }

  function renew() {
    line.close();
    if (isWriting() || location.pathname !== document.querySelector("#fresh a").pathname) document.querySelector("#fresh").hidden = false;
    else htmx.trigger(main, "news");
  }

  // What is heard then is everything since the page was made.
  function later() {
    clearTimeout(retry);
    retry = setTimeout(listen, 5e3 * (1 + Math.random()));
  }

  function listen() {
    clearTimeout(retry);
    line?.close();
    const mine = line = new EventSource(main.dataset.stream);
    mine.addEventListener("update", renew);
    mine.addEventListener("beside", renew);
    mine.onerror = () => mine === line && mine.readyState === 2 && !document.hidden && later();
  }

  // A fault is no page of this parcel: it stays as it was.
  function failed() {
    document.querySelector("#fresh").hidden = false;
    later();
  }

  listen();
  main.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.raw.ok) return;
    event.preventDefault();
    failed();
  });
  main.addEventListener("htmx:error", failed);
  main.addEventListener("htmx:after:swap", () => {
    show();
    listen();
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(away);
    if (document.hidden) away = setTimeout(() => line.close(), AWAY);
    else if (line.readyState === 2) listen();
  });
  addEventListener("pagehide", () => line.close());

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) location.href = back.href;
  });
})();
