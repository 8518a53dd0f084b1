"use strict";
(() => {
  const form = document.querySelector("#f-brand");
  if (!form) return;
  let waiting = 0, asked = 0;

  // The same form by the same way as its button "Look at it first"; nothing is saved.
  async function look() {
    const mine = ++asked, body = new URLSearchParams(new FormData(form));
    body.set("preview", "1");
    const answer = await fetch(form.action, { method: "POST", body, cache: "no-store" }).catch(() => 0);
    if (!answer || !answer.ok || answer.redirected || mine !== asked) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = next.querySelector("#preview");
    if (fresh && mine === asked) document.querySelector("#preview").replaceChildren(...fresh.childNodes);
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 400);
  });
})();
