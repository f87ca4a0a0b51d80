// Backstage: the fault switches, what was asked of the upstreams, and how the bot sees them.
import { showClock } from "./clock.js";
import { act, el, sync } from "./dom.js";
import { markdown } from "./markdown.js";
import { settings } from "./words.js";

const panel = { choices: [], faults: {}, requests: [], upstreams: [], online: false, clock: null };
const [faults, requests, withDiscord] = ["faults", "requests", "with-discord"]
  .map((id) => document.getElementById(id));
const MARKS = { up: "🟢", recovering: "🟡", reduced: "🟡", down: "🔴", disabled: "⚫" };

export function showPanel(changed) {
  Object.assign(panel, changed);
  sync(faults, panel.choices, faultRow);
  for (const { upstream } of panel.choices) showFault(upstream);
  showClock(panel.clock);
  showRequests();
}

function faultRow({ upstream, title, faults: names }) {
  const choice = el("select", {
    id: `fault-${upstream}`, onchange: () => act("fault", { upstream, fault: choice.value }),
  }, names.map((name) => el("option", {}, name)));
  return el("div", { class: "fault" }, el("label", { for: choice.id }, title), choice,
    el("p", { id: `condition-${upstream}`, class: "condition" }));
}

function showFault(upstream) {
  const choice = document.getElementById(`fault-${upstream}`);
  const fault = panel.faults[upstream];
  if (![...choice.options].some((each) => each.value === fault)) choice.append(el("option", {}, fault));
  choice.value = fault;
  choice.classList.toggle("on", fault !== "all well");
  sync(document.getElementById(`condition-${upstream}`), [conditionOf(upstream)], (text) => (
    el("span", {}, markdown(text))));
}

/** Say how the bot sees an upstream. */
function conditionOf(upstream) {
  if (upstream === "discord") return panel.online ? "🟢 connected" : "🔴 not connected";
  const seen = panel.upstreams.find((each) => each.name.toLowerCase() === upstream);
  if (!seen) return "the bot has not said yet";
  const again = seen.retry_at ? ` · tries again <t:${Math.round(Date.parse(seen.retry_at) / 1000)}:R>` : "";
  const waiting = seen.waiting ? ` · ${seen.waiting} waiting` : "";
  return `${MARKS[seen.condition] ?? "⚪"} ${seen.condition}${again}${waiting}`;
}

function showRequests() {
  const rows = panel.requests.filter((each) => withDiscord.checked || each.upstream !== "Discord");
  sync(requests, rows, (row) => {
    const bad = row.status === null ? "pending" : (row.status === "cut" || row.status >= 400) && "bad";
    return el("tr", { class: bad || "good" },
      el("td", {}, new Date(row.at).toLocaleTimeString(settings.locale, { hour12: false })),
      el("td", {}, row.upstream),
      el("td", { class: "path", title: `${row.method} ${row.path}` }, el("b", {}, row.method), ` ${row.path}`),
      el("td", {}, row.status === null ? "…" : String(row.status)));
  });
}

withDiscord.onchange = showRequests;
document.getElementById("all-well").onclick = () => act("fault", {});
document.getElementById("disconnect").onclick = () => act("gateway", { resumable: true });
