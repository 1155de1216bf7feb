// What makes pages handier. Every page works without it: what runs is then asked for again
// every few seconds, and what a key does a link or a field does too.
"use strict";

// Follow what runs.
for (const live of document.querySelectorAll("[data-live]")) {
  const says = live.querySelector("[data-says]"), bar = live.querySelector("progress");
  const source = new EventSource(live.dataset.live);
  source.onmessage = (event) => {
    const now = JSON.parse(event.data);
    if (now.over) {
      source.close();
      location.reload();
      return;
    }
    says.textContent = now.says;
    if (now.percent < 0) {
      bar.removeAttribute("value");
    } else {
      bar.value = now.percent;
    }
  };
}

// Send on what was brought back from the provider of sign-ins.
document.querySelector("form[data-go]")?.requestSubmit();

// Keys. They are off while somebody types, and for whoever turned them off.
const off = "carat-keys-off";
const rows = () => [...document.querySelectorAll("main tbody tr")].map((row) => row.querySelector("a")).filter((link) => link);
const move = (by) => {
  const list = rows(), at = list.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const to = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1)];
  if (to) {
    to.focus();
    to.scrollIntoView({block: "nearest"});
  }
};
const select = () => {
  const box = document.activeElement.closest("tr")?.querySelector("input[type=checkbox]");
  if (box) {
    box.checked = !box.checked;
  }
};
const decide = () => {
  if (document.querySelector("main td input[type=checkbox]:checked")) {
    follow("[data-chosen]");
  } else if (document.querySelector("form.decide")) {
    focus("form.decide select");
  } else {
    follow("a[data-key=d]");
  }
};
const follow = (selector) => document.querySelector(selector)?.click();
const focus = (selector) => document.querySelector(selector)?.focus();
const keys = [
  ["j", "next row", () => move(1)],
  ["k", "row before", () => move(-1)],
  ["/", "search", () => focus("main form[role=search] input[type=search]")],
  ["n", "next page, or next in the list", () => follow("main a[rel=next]")],
  ["p", "page before, or the one before in the list", () => follow("main a[rel=prev]")],
  ["u", "up", () => follow(".trail li:last-child a")],
  ["x", "choose the row, or not", () => select()],
  ["d", "decide: about the chosen rows, if there are any", () => decide()],
  ["a", "give it to somebody", () => focus("main input[name=to]")],
  ["?", "these keys", () => help()],
];
const help = () => {
  let told = document.getElementById("keys");
  if (!told) {
    told = document.createElement("dialog");
    told.id = "keys";
    const heading = told.appendChild(document.createElement("h2")), list = told.appendChild(document.createElement("dl"));
    heading.textContent = "Keys";
    heading.id = "keys-heading";
    told.setAttribute("aria-labelledby", heading.id);
    list.className = "facts";
    for (const [key, says] of keys.concat([["Enter", "open the row"], ["Esc", "close this"]])) {
      list.appendChild(document.createElement("dt")).appendChild(document.createElement("kbd")).textContent = key;
      list.appendChild(document.createElement("dd")).textContent = says;
    }
    const turn = told.appendChild(document.createElement("button"));
    turn.className = "quiet";
    turn.onclick = () => {
      localStorage.setItem(off, localStorage.getItem(off) ? "" : "yes");
      told.close();
    };
    document.body.appendChild(told);
  }
  told.querySelector("button").textContent = localStorage.getItem(off) ? "Turn the other keys on" : "Turn the other keys off";
  told.showModal();
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=hidden]):not([type=checkbox]), textarea, select, [contenteditable], dialog");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) {
    return;
  }
  const found = keys.find(([key]) => key === event.key);
  if (found && (found[0] === "?" || !localStorage.getItem(off))) {
    event.preventDefault();
    found[2]();
  }
});
