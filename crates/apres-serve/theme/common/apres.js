// Comforts only: every page works without this file.

// A waiting page asks again by itself, without losing the reader's place; without script the page reloads through a meta tag.
const waiting = document.querySelector("[data-poll]");
if (waiting) {
  const ask = async () => {
    try {
      const answer = await fetch(waiting.dataset.poll, { headers: { Accept: "application/json" } });
      const { state, text, done } = await answer.json();
      const bar = waiting.querySelector("[data-poll-done]");
      const isFirstShare = !bar && done !== null && done !== undefined;
      if (state !== waiting.dataset.state || isFirstShare) {
        window.location.reload();
        return;
      }
      const line = waiting.querySelector("[data-poll-text]");
      if (line && text && line.textContent !== text) line.textContent = text;
      if (bar && done) bar.value = done;
    } catch {
      // The network may come back; ask again.
    }
    window.setTimeout(ask, 2000);
  };
  window.setTimeout(ask, 2000);
}

// A form that must not be sent twice locks its buttons when sent.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  });
}
