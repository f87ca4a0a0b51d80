// Joins the parts: the socket the server talks through, and who is looking at what in which language.
import { showChannel } from "./channel.js";
import { nameWeekdays } from "./clock.js";
import { el } from "./dom.js";
import { focusComposer, reset } from "./composer.js";
import { names } from "./markdown.js";
import { avatar, remove, show, showAll } from "./messages.js";
import { showPanel } from "./panel.js";
import { settings, word } from "./words.js";

const LONGEST_WAIT_MILLISECONDS = 5000;
const TYPING_MILLISECONDS = 10000;

const byId = (id) => document.getElementById(id);
const messages = new Map();
let places = [];
let unread = new Set();
let socket = null;
let lostTimes = 0;
let typingTimer;

// The address says who, where and in which language, so that a reload or a second window keeps it.
const asked = new URLSearchParams(location.search);
settings.user = asked.get("user") ?? settings.user;
settings.locale = asked.get("locale") ?? settings.locale;
settings.place = decodeURIComponent(location.hash.slice(1)) || settings.place;

function keepAddress() {
  const query = new URLSearchParams({ user: settings.user, locale: settings.locale });
  history.replaceState(null, "", `?${query}#${encodeURIComponent(settings.place)}`);
}

function connect() {
  socket?.removeEventListener("close", reconnect);
  socket?.close();
  socket = new WebSocket(`ws://${location.host}/live?user=${encodeURIComponent(settings.user)}`);
  socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
  socket.addEventListener("close", reconnect);
}

function reconnect() {
  lostTimes += 1;
  banner("The demo has stopped, or is starting again. Looking for it…");
  setTimeout(connect, Math.min(500 * lostTimes, LONGEST_WAIT_MILLISECONDS));
}

function banner(text) {
  byId("banner").textContent = text;
  byId("banner").hidden = !text;
}

const TAKES = {
  state(change) {
    lostTimes = 0;
    banner("");
    Object.assign(names, change.names);
    places = change.places;
    messages.clear();
    for (const each of change.messages) messages.set(each.id, each);
    fillSwitchers(change);
    showPanel(change.panel);
    goTo(places.some((each) => each.key === settings.place) ? settings.place : places[0].key);
  },
  message({ message }) {
    const isNew = !messages.has(message.id);
    messages.set(message.id, message);
    if (message.channel === settings.place) {
      show(message);
      if (names.users[message.author]?.is_bot) typing("");
    } else if (isNew) {
      unread.add(message.channel);
      document.querySelector(`[data-place="${CSS.escape(message.channel)}"]`)?.classList.add("unread");
    }
  },
  gone({ id }) {
    messages.delete(id);
    remove(id);
  },
  typing({ channel }) {
    if (channel === settings.place) typing(word("typing")(names.users[names.bot].name));
  },
  places(change) {
    places = change.places;
    const place = places.find((each) => each.key === settings.place);
    if (!place) return goTo(places[0].key);
    showPlaces();
    return showChannel(place);
  },
  panel: ({ panel }) => showPanel(panel),
};

const take = (change) => TAKES[change.type]?.(change);

function typing(text) {
  clearTimeout(typingTimer);
  byId("typing").textContent = text;
  if (text) typingTimer = setTimeout(() => typing(""), TYPING_MILLISECONDS);
}

function fillSwitchers({ people, me }) {
  byId("user").replaceChildren(...people.map((each) => el("option", { value: each.key }, each.name)));
  byId("user").value = settings.user;
  byId("locale").value = settings.locale;
  byId("who").firstElementChild.replaceWith(avatar(me));
}

const heading = (place) => place.server ?? "Direct messages";

function showPlaces() {
  const titles = [...new Set(places.map(heading))];
  byId("place-list").replaceChildren(...titles.map((title) => el("section", {}, el("h2", {}, title),
    el("ul", {}, places.filter((each) => heading(each) === title).map(placeItem)))));
}

function placeItem(place) {
  const marks = { guild: "#", bot_dm: "@", private_channel: "👥" };
  const current = place.key === settings.place;
  return el("li", {}, el("button", {
    type: "button", "data-place": place.key, class: unread.has(place.key) && "unread", "aria-current": current && "page",
    onclick: () => {
      goTo(place.key);
      closeDrawers();
      focusComposer();
    },
  }, el("span", { "aria-hidden": "true" }, marks[place.kind]), el("span", { class: "what" }, place.name),
  place.has_bot ? null : el("small", {}, "user install")));
}

function goTo(key) {
  settings.place = key;
  unread.delete(key);
  const place = places.find((each) => each.key === key);
  const name = `${place.kind === "guild" ? "#" : ""}${place.name}`;
  byId("place-name").textContent = name;
  byId("topic").textContent = place.topic ?? "";
  document.documentElement.lang = settings.locale;
  document.title = `${name} – AIME sandbox`;
  typing("");
  showPlaces();
  showChannel(place);
  showAll([...messages.values()].filter((each) => each.channel === key), name);
  reset(place.kind === "bot_dm" ? `@${name}` : name);
  keepAddress();
}

byId("user").onchange = (event) => {
  settings.user = event.target.value;
  if (settings.place.startsWith("dm:")) settings.place = `dm:${settings.user}`;
  unread = new Set();
  keepAddress();
  connect();
};

byId("locale").onchange = (event) => {
  settings.locale = event.target.value;
  nameWeekdays();
  goTo(settings.place);
};

// At a phone's width both side bars are drawers over the conversation.

function closeDrawers() {
  for (const drawer of document.querySelectorAll(".drawer.open")) drawer.classList.remove("open");
  for (const id of ["show-places", "show-panel"]) byId(id).setAttribute("aria-expanded", "false");
  byId("shade").hidden = true;
}

for (const [button, drawer] of [["show-places", "places"], ["show-panel", "panel"]]) {
  byId(button).setAttribute("aria-expanded", "false");
  byId(button).onclick = () => {
    closeDrawers();
    byId(drawer).classList.add("open");
    byId(button).setAttribute("aria-expanded", "true");
    byId("shade").hidden = false;
    byId(drawer).querySelector("button, select, input")?.focus();
  };
}
byId("shade").onclick = closeDrawers;
addEventListener("keydown", (event) => event.key === "Escape" && closeDrawers());

connect();
focusComposer();
