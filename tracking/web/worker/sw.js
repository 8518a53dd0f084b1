"use strict";
// Shows what is pushed, also while no page is open. It fetches nothing and keeps nothing.
addEventListener("install", () => skipWaiting());

// One after the other: two at once would each not see what the other shows.
let turn = Promise.resolve();
addEventListener("push", (event) => {
  const news = event.data.json();
  turn = turn.catch(() => {}).then(() => show(news));
  event.waitUntil(turn);
});

// Pushes may come twice and in any order. Browsers want to see something for each: what is there is
// shown again, without a sound, where it is newer or the same.
async function show(news) {
  const [shown] = await registration.getNotifications({ tag: news.tag });
  const old = shown?.data;
  const repeat = old && (old.id === news.id || old.at > news.at);
  const { title, body, lang, tag } = repeat ? old : news;
  const data = repeat ? old : news;
  const options = { body, lang, tag, data, icon: "ICON", renotify: !repeat, silent: !!repeat };
  await registration.showNotification(title, options);
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.page).pathname));
});

async function open(page) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find(({ url }) => new URL(url).pathname === page);
  return there ? there.focus() : clients.openWindow(page);
}
