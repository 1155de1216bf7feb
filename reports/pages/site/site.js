// Follows what runs. Every page works without it: without a script engine it is asked
// for again every few seconds.
"use strict";
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
