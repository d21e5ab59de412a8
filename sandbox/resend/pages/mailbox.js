// Tabs of a mail, and a list that renews itself when mail arrives. Without it the page reads the same.

const tabs = [...document.querySelectorAll("[role=tab]")];

function show(tab) {
  for (const each of tabs) {
    const on = each === tab;
    each.setAttribute("aria-selected", String(on));
    each.tabIndex = on ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !on;
  }
}

for (const [at, tab] of tabs.entries()) {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    show(next);
    next.focus();
  });
}

const list = document.querySelector("[data-newest]");

/** Asks for what came after the newest mail shown; the answer waits until there is some. */
async function watch() {
  const query = new URLSearchParams(location.search);
  const asked = new URLSearchParams({
    since: list.dataset.newest,
    wait: "30",
    world: query.get("world") ?? "default",
  });
  if (query.get("to")) asked.set("to", query.get("to"));
  const answer = await fetch(`/_sandbox/mailbox?${asked}`);
  if (!answer.ok) return;
  const { data } = await answer.json();
  if (data.length > 0) location.reload();
  else await watch();
}

if (list !== null && document.activeElement?.tagName !== "INPUT") {
  watch().catch(() => {
    // The sandbox went away: the page stays as it was.
    list.dataset.stale = "true";
  });
}
