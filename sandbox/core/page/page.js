// The control page: shows what the API under /_sandbox shows, and does what it does. No state of its own.

import { CALLS, howOften, matches, WEBHOOKS } from "./switches.js";
import { $, draw, make, pretty, row, table, tag, time } from "./parts.js";

/** How often the visible view is read again. */
const REFRESH_MS = 2000;
const PAGE = 100;

let view = "faults";
let faults = [];
let clock = null;
const world = () => $("world").value || "default";

async function api(method, path, body) {
  const separator = path.includes("?") ? "&" : "?";
  const init =
    body === undefined ? { method } : { method, body: JSON.stringify({ world: world(), ...body }) };
  const answer = await fetch(`/_sandbox${path}${separator}world=${encodeURIComponent(world())}`, init);
  const result = await answer.json();
  if (!answer.ok) throw new Error(result.detail ?? result.title ?? `Answered ${answer.status}`);
  return result;
}

let toastTimer;
function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("toast").classList.remove("on"), 2600);
}

/** Runs what a control does, says what came of it, and shows the new state. */
async function act(text, run) {
  try {
    await run();
    if (text !== null) toast(text);
  } catch (error) {
    toast(error.message);
  }
  await refresh();
}

function flip(on, entry, active) {
  const [kind, label, , params, effect] = entry;
  if (active.length > 0) {
    return act(`${label}: off`, () =>
      Promise.all(active.map((fault) => api("DELETE", `/faults/${fault.id}`))),
    );
  }
  const chance = $("chance").value;
  return act(`${label}: on`, () =>
    api("POST", "/faults", {
      on,
      fault: kind,
      params,
      company: $("company").value || null,
      times: chance === "next" ? 1 : null,
      probability: chance === "next" || chance === "1" ? null : Number(chance),
      ...(effect === undefined ? {} : { effect }),
    }),
  );
}

function drawSwitches(box, on, entries) {
  const focused = [...box.children].indexOf(document.activeElement);
  box.replaceChildren(
    ...entries.map((entry) => {
      const active = faults.filter((fault) => matches(fault, on, entry));
      const often = active.length === 0 ? "" : howOften(active[0]);
      return make(
        "button",
        {
          class: "switch",
          type: "button",
          role: "switch",
          "aria-checked": String(active.length > 0),
          on: { click: () => flip(on, entry, active) },
        },
        make("span", {}, entry[1], make("em", {}, often), make("small", {}, entry[2])),
        make("i", { "aria-hidden": "true" }),
      );
    }),
  );
  if (focused >= 0) box.children[focused]?.focus();
}

async function showFaults() {
  faults = (await api("GET", "/faults")).data;
  drawSwitches($("webhook-switches"), "webhook", WEBHOOKS);
  drawSwitches($("call-switches"), "call", CALLS);
  const known = (fault) =>
    WEBHOOKS.some((entry) => matches(fault, "webhook", entry)) ||
    CALLS.some((entry) => matches(fault, "call", entry));
  const others = faults.filter((fault) => !known(fault));
  $("other-title").hidden = others.length === 0;
  $("other-faults").replaceChildren(
    ...others.map((fault) => {
      const rest = {
        ...fault.match,
        ...fault.params,
        ...(fault.on === "call" ? { effect: fault.effect } : {}),
      };
      const facts = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
      const text = `${fault.on} ${fault.fault} — ${howOften(fault)}${facts.length > 0 ? `; ${facts.join(", ")}` : ""}`;
      const off = () => act(`${fault.fault}: off`, () => api("DELETE", `/faults/${fault.id}`));
      return make("li", {}, text, make("button", { type: "button", on: { click: off } }, "Remove"));
    }),
  );
  $("count-faults").textContent = faults.length === 0 ? "" : String(faults.length);
}

function showDetail(title, body, actions = []) {
  $("detail-title").textContent = title;
  $("detail-body").textContent = typeof body === "string" ? body : JSON.stringify(body, null, 2);
  $("detail-actions").replaceChildren(...actions);
  $("detail").showModal();
}

const STATES = { delivered: "good", waiting: "warn", gave_up: "bad" };
async function showWebhooks() {
  const { data } = await api("GET", `/webhooks?limit=${PAGE}`);
  const resend = (id) => act("Sent again", () => api("POST", `/webhooks/${id}/resend`, {}));
  const line = (each) => {
    const again = make("button", { type: "button", on: { click: () => resend(each.id) } }, "Resend");
    const note = [each.error, each.fault].filter((part) => part !== null).join(" · ");
    return row(
      [
        [tag(each.state.replace("_", " "), STATES[each.state] ?? "")],
        [each.copy ? `${each.event_type} (copy)` : each.event_type, "mono"],
        [String(each.attempts)],
        [each.status === null ? "–" : String(each.status)],
        [time(each.updated_ms)],
        [note, "wide"],
        [again],
      ],
      () => showDetail(each.event_type, each),
    );
  };
  draw("webhooks", [world(), data], () =>
    table(
      ["State", "Event", "Tries", "Answer", "At", "Note", ""],
      data.map(line),
      "No webhook has been sent in this world.",
    ),
  );
}

const GOOD = new Set(["succeeded", "complete", "active", "enabled", "available", "finished"]);
const BAD = new Set(["failed", "canceled", "expired", "deleted", "disabled", "cancelled"]);
async function showObjects() {
  const { data } = await api("GET", "/objects?limit=25");
  const line = (each) =>
    row(
      [
        [each.kind, "mono"],
        [each.id, "mono"],
        [
          tag(
            each.state.replaceAll("_", " "),
            GOOD.has(each.state) ? "good" : BAD.has(each.state) ? "bad" : "warn",
          ),
        ],
        [each.text, "wide"],
        [time(each.created * 1000)],
      ],
      () => showDetail(each.id, each.body),
    );
  draw("objects", [world(), data], () =>
    table(["Kind", "Id", "State", "", "Made"], data.map(line), "Nothing has been made in this world."),
  );
}

async function openRecording(id) {
  const found = await api("GET", `/recordings/${id}`);
  const copy = make("button", { type: "button" }, "Copy as curl");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(found.curl);
    toast("Copied");
  });
  const part = (name, { headers, body }) =>
    `${name}\n${Object.entries(headers)
      .map(([key, value]) => `${key}: ${value}`)
      .join("\n")}\n\n${pretty(body)}`;
  const text = `${part(`${found.method} ${found.path}`, found.request)}\n\n${part(`→ ${found.status}`, found.response)}`;
  showDetail(`${found.method} ${found.path}`, text, [copy]);
}

async function showRecordings() {
  const { data } = await api("GET", `/recordings?limit=${PAGE}`);
  const slim = data.map(({ id, direction, method, path, status, ms, fault, at }) => ({
    id,
    direction,
    method,
    path,
    status,
    ms,
    fault,
    at,
  }));
  const line = (each) =>
    row(
      [
        [each.direction === "in" ? "→ in" : "← out"],
        [each.method, "mono"],
        [each.path, "mono wide"],
        [
          tag(
            each.status === 0 ? "none" : String(each.status),
            each.status >= 200 && each.status < 400 ? "good" : "bad",
          ),
        ],
        [`${Math.round(each.ms)} ms`],
        [each.fault ?? "", "mono"],
        [time(each.at)],
      ],
      () => act(null, () => openRecording(each.id)),
    );
  draw("recordings", [world(), slim], () =>
    table(
      ["", "Method", "Path", "Status", "Took", "Fault", "At"],
      slim.map(line),
      "No call has been recorded in this world.",
    ),
  );
}

async function showTrigger() {
  const { triggers } = await api("GET", "/coverage");
  const cause = (company, event) => act(`${event} caused`, () => api("POST", "/trigger", { company, event }));
  draw("trigger", [world(), triggers], () =>
    make(
      "div",
      {},
      ...Object.entries(triggers)
        .filter(([, events]) => events.length > 0)
        .flatMap(([company, events]) => [
          make("h2", {}, company),
          make(
            "div",
            { class: "triggers" },
            ...events.map((event) =>
              make("button", { type: "button", on: { click: () => cause(company, event) } }, event),
            ),
          ),
        ]),
    ),
  );
}

const VIEWS = {
  faults: showFaults,
  webhooks: showWebhooks,
  objects: showObjects,
  recordings: showRecordings,
  trigger: showTrigger,
};

function showClock() {
  $("now").textContent = new Date(clock.now).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
  $("now").dateTime = clock.now;
  $("mode").textContent =
    clock.mode === "manual" ? "stopped" : clock.speed === 1 ? "running" : `${clock.speed}× speed`;
  $("toggle-clock").textContent = clock.mode === "manual" ? "Let it run" : "Stop the clock";
}

async function refresh() {
  const { data } = await api("GET", "/worlds");
  const names = data.map((each) => each.name);
  if ([...$("world").options].map((option) => option.value).join() !== names.join()) {
    const chosen = $("world").value;
    $("world").replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    $("world").value = names.includes(chosen) ? chosen : "default";
  }
  const current = data.find((each) => each.name === world());
  if ($("company").options.length === 1 && current !== undefined) {
    const companies = Object.keys(current).filter((name) => current[name]?.base_url !== undefined);
    $("company").append(...companies.map((name) => make("option", { value: name }, name)));
  }
  $("mailbox").href =
    world() === "default" ? "/resend/mailbox" : `/resend/mailbox?world=${encodeURIComponent(world())}`;
  clock = current?.clock ?? clock;
  if (clock !== null) showClock();
  const { data: waiting } = await api("GET", `/webhooks?state=waiting&limit=${PAGE}`);
  $("count-webhooks").textContent =
    waiting.length === 0 ? "" : `${waiting.length}${waiting.length === PAGE ? "+" : ""}`;
  await VIEWS[view]();
}

function choose(name) {
  view = name;
  for (const each of Object.keys(VIEWS)) {
    $(each).hidden = each !== name;
    $(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    $(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  $(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  return act(null, async () => {});
}

const order = Object.keys(VIEWS);
for (const name of order) $(`tab-${name}`).addEventListener("click", () => choose(name));
document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const next = order[(order.indexOf(view) + step + order.length) % order.length];
  choose(next);
  $(`tab-${next}`).focus();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("detail").open || event.target.tagName === "SELECT")
    return;
  const name = order[Number(event.key) - 1];
  if (name !== undefined) choose(name);
  if (event.key === "c") act("Calm", () => api("POST", "/preset", { preset: "calm" }));
});
for (const button of document.querySelectorAll("[data-preset]")) {
  button.addEventListener("click", () => {
    const { preset } = button.dataset;
    const company = $("company").value;
    const body = preset === "outage" && company !== "" ? { preset, company } : { preset };
    return act(button.textContent, () => api("POST", "/preset", body));
  });
}
for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () =>
    act(`${button.textContent}`, () => api("POST", "/clock", { advance: button.dataset.advance })),
  );
}
$("toggle-clock").addEventListener("click", () =>
  act(null, () => api("POST", "/clock", { mode: clock?.mode === "manual" ? "real" : "manual" })),
);
$("reset").addEventListener("click", () => {
  if (!window.confirm(`Empty the world “${world()}”? Its payments, events and recordings are gone then.`))
    return;
  act("The world is empty", () => api("POST", "/reset", {}));
});
$("world").addEventListener("change", () => act(null, async () => {}));

await act(null, async () => {});
setInterval(() => {
  if (document.visibilityState === "visible" && !$("detail").open)
    refresh().catch((error) => toast(error.message));
}, REFRESH_MS);
