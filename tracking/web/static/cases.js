"use strict";
(() => {
  const EVERY = 6e4;

  function step(by) {
    const all = [...document.querySelectorAll("#found .hits a")], at = all.indexOf(document.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
  }

  // What waits is shown as it is by now, unless somebody is on the way through the list.
  async function renew() {
    if (document.hidden || document.querySelector("#found").contains(document.activeElement)) return;
    const address = new URL(location.href);
    address.searchParams.set("fresh", "");
    const answer = await fetch(address, { cache: "no-store" }).catch(() => 0);
    if (!answer.ok || answer.redirected) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["#found", ".tabs"]) document.querySelector(part).replaceChildren(...next.querySelector(part).childNodes);
  }

  document.querySelector(".who")?.addEventListener("submit", () => sessionStorage.clear());
  document.addEventListener("visibilitychange", renew);
  setInterval(renew, EVERY);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.activeElement.tagName === "SELECT") return;
    if (event.key === "/") location.href = document.querySelector("#back").href;
    else if (event.key === "j" || event.key === "ArrowDown") step(1);
    else if (event.key === "k" || event.key === "ArrowUp") step(-1);
    else return;
    event.preventDefault();
  });
})();
