// Renews the live part of the page every two seconds. The server has escaped all of it, and the page's policy runs no
// script but this one.
"use strict";
const live = document.getElementById("live");
const picked = () => [...live.querySelectorAll("input:checked")].map(input => input.value);
const opened = () => [...live.querySelectorAll("details")].map(d => d.open);

async function renew() {
  try {
    const answer = await fetch(live.dataset.from, { cache: "no-store" });
    const text = await answer.text();
    if (answer.ok && text !== live.dataset.last) {
      const [values, open] = [picked(), opened()];
      live.innerHTML = live.dataset.last = text;
      live.querySelectorAll("input").forEach(input => (input.checked = values.includes(input.value)));
      live.querySelectorAll("details").forEach((d, i) => (d.open = open[i] ?? false));
    }
    live.classList.toggle("soft", !answer.ok);
  } catch {
    live.classList.add("soft");
  }
  setTimeout(renew, 2000);
}

if (live) setTimeout(renew, 2000);
