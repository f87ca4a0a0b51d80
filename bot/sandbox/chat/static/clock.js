// The bot's clock: what it shows, set to a weekday and hour, a step ahead, or back to now.
import { act, el } from "./dom.js";
import { settings } from "./words.js";

const TICK_MILLISECONDS = 500;
const HOUR_SECONDS = 3600;
const A_MONDAY = Date.UTC(2024, 0, 1, 12);

const byId = (id) => document.getElementById(id);
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = [...new Set([here, "UTC", "Europe/Zurich", "America/New_York", "Asia/Tokyo"])];
let ahead = null;

/** Show the clock, if the bot has one that can be moved. */
export function showClock(clock) {
  byId("clock").hidden = !clock;
  if (!clock) return;
  ahead = clock.ahead;
  byId("real-time").disabled = ahead === 0;
  byId("clock").classList.toggle("moved", ahead !== 0);
  tick();
}

function tick() {
  if (ahead === null) return;
  const shown = new Intl.DateTimeFormat(settings.locale, {
    weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hour12: false, timeZone: byId("zone").value,
  });
  byId("bot-time").textContent = shown.format(Date.now() + ahead * 1000);
}

/** Weekdays in the page's language; Monday is 0. */
export function nameWeekdays() {
  const chosen = byId("weekday").value || "0";
  const name = new Intl.DateTimeFormat(settings.locale, { weekday: "long", timeZone: "UTC" });
  byId("weekday").replaceChildren(...[0, 1, 2, 3, 4, 5, 6].map((day) => (
    el("option", { value: String(day) }, name.format(A_MONDAY + day * 24 * HOUR_SECONDS * 1000)))));
  byId("weekday").value = chosen;
}

const move = async (given) => showClock((await act("clock", given)).clock);

byId("zone").replaceChildren(...zones.map((zone) => el("option", {}, zone)));
byId("zone").onchange = tick;
byId("set-clock").onsubmit = (event) => {
  event.preventDefault();
  move({ weekday: Number(byId("weekday").value), time: byId("hour").value || "08:00", zone: byId("zone").value });
};
byId("hour-on").onclick = () => move({ by: HOUR_SECONDS });
byId("day-on").onclick = () => move({ by: 24 * HOUR_SECONDS });
byId("real-time").onclick = () => move({});
setInterval(tick, TICK_MILLISECONDS);
nameWeekdays();
