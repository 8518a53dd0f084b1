"use strict";
(() => {
  const AWAY = 3e5, LOST = 2e4, MINUTE = 6e4;
  const main = document.querySelector("main"), say = document.querySelector("#say");
  const data = main.dataset;
  const page = data.page + location.search;
  const ago = new Intl.RelativeTimeFormat(document.documentElement.lang);
  let line, retry, lost, away, resting, busy, more, tries = 0;

  const headline = () => main.querySelector("h1").textContent;
  const stream = () => `${data.stream}?last=${data.version}`;
  const later = (job) => setTimeout(job, Math.min(MINUTE, 1e3 * 2 ** tries++) * (1 - Math.random() / 2));

  function tidy() {
    for (const time of main.querySelectorAll("[data-ago]")) {
      const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / MINUTE);
      time.title ||= time.textContent;
      time.textContent = minutes < 1 || minutes > 719 ? time.title
        : minutes < 60 ? ago.format(-minutes, "minute") : ago.format(-Math.floor(minutes / 60), "hour");
    }
    const fresh = main.querySelector("#fresh");
    fresh.title ||= fresh.textContent;
    fresh.textContent = line?.readyState === 1 ? fresh.dataset.live : fresh.title;
  }

  function found() {
    tries = 0;
    lost = clearTimeout(lost);
    if (say.classList.contains("lost")) say.textContent = "";
    say.classList.remove("lost");
    tidy();
  }

  function lose() {
    tidy();
    lost ||= setTimeout(() => {
      say.classList.add("lost");
      say.textContent = say.dataset.lost;
    }, LOST);
  }

  function close() {
    clearTimeout(retry);
    line = line?.close();
  }

  function rest() {
    resting = true;
    close();
    found();
  }

  function show(next) {
    const fresh = next.querySelector("main"), said = headline();
    const focus = main.contains(document.activeElement) && document.activeElement.id;
    const [old, input] = [main, fresh].map((part) => part.querySelector("input"));
    if (old && input) input.replaceWith(old);
    for (const { id } of main.querySelectorAll("details[open]")) fresh.querySelector("#" + id)?.setAttribute("open", "");
    main.replaceChildren(...fresh.childNodes);
    main.dispatchEvent(new Event("shown"));
    for (const key of ["mood", "version", "over"]) {
      if (key in fresh.dataset) data[key] = fresh.dataset[key];
      else delete data[key];
    }
    document.title = next.title;
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    if (headline() !== said) say.textContent = headline();
    tidy();
  }

  async function refresh() {
    more = busy;
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(page, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!answer.ok) throw answer;
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      later(refresh);
    }
    busy = false;
    if (more) refresh();
  }

  function connect() {
    close();
    resting = false;
    if ("over" in data) return found();
    const mine = line = new EventSource(stream());
    mine.onopen = found;
    mine.addEventListener("update", ({ lastEventId }) => +lastEventId <= +data.version || refresh());
    mine.onerror = () => {
      if (mine !== line) return;
      lose();
      if (mine.readyState === 2) retry = later(probe);
    };
  }

  // Browsers do not say why they gave up; 204: the story is over.
  async function probe() {
    const gone = new AbortController();
    const answer = await fetch(stream(), { cache: "no-store", signal: gone.signal }).catch(() => 0);
    gone.abort();
    if (answer.status === 204) data.over = "";
    if (resting) return;
    if (answer.ok) connect();
    else retry = later(probe);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(away);
    if (document.hidden) away = setTimeout(rest, AWAY);
    else if (resting) connect();
  });
  addEventListener("online", connect);
  addEventListener("pagehide", rest);
  addEventListener("pageshow", ({ persisted }) => persisted && connect());
  setInterval(tidy, MINUTE / 2);
  tidy();
  connect();
})();
