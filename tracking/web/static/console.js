"use strict";
(() => {
  const form = document.querySelector("#search"), box = document.querySelector("#q");
  const found = document.querySelector("#found");
  let asked = 0;

  // What was typed is kept in this tab only: it is somebody's name or phone.
  async function search(typed) {
    const mine = ++asked;
    found.setAttribute("aria-busy", "true");
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, cache: "no-store" }).catch(() => 0);
    if (mine !== asked) return;
    if (!answer) return found.replaceChildren(document.querySelector("#offline").content.cloneNode(true));
    if (answer.redirected) return form.submit();
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    const fresh = next.querySelector("#found");
    if (!fresh) return form.submit();
    found.replaceChildren(...fresh.childNodes);
    found.removeAttribute("aria-busy");
    sessionStorage.setItem("typed", typed);
    history.replaceState({ typed }, "");
  }

  // Where nothing was found, or more is being typed, the box is where one goes on.
  function leave(typed) {
    if (document.activeElement === box && box.value === typed && hits().length) found.focus();
  }

  function hits() {
    return [...found.querySelectorAll(".hits a")];
  }

  function step(by) {
    const all = hits(), at = all.indexOf(document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
  }

  document.querySelector(".who")?.addEventListener("submit", () => sessionStorage.clear());

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = box.value;
    search(typed).then(() => leave(typed));
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = document.activeElement === box;
    if (event.key === "/" && !typing) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && typing) {
      hits()[0]?.focus();
    } else if (!typing && event.key === "j" || event.key === "ArrowDown") {
      event.preventDefault();
      step(1);
    } else if (!typing && event.key === "k" || event.key === "ArrowUp" && !typing) {
      event.preventDefault();
      step(-1);
    }
  });

  const before = history.state?.typed || location.hash === "#found" && sessionStorage.getItem("typed");
  if (!box.value && before) {
    box.value = before;
    search(before);
  }
})();
