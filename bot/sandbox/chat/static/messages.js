// The conversation. A change of a message touches that message's node and no other.
import { appsButton, openApps } from "./apps.js";
import { act, el, sync } from "./dom.js";
import { attachment, component, embed } from "./components.js";
import { markdown, names, written } from "./markdown.js";
import { openModal } from "./modal.js";
import { settings, word } from "./words.js";

const GROUPED_MILLISECONDS = 7 * 60 * 1000;
const BLANK = { content: "", embeds: [], components: [], attachments: [] };

const scroller = document.getElementById("scroller");
const log = document.getElementById("log");
const jump = document.getElementById("jump");
let atEnd = true;

export function showAll(messages, place) {
  log.replaceChildren(el("p", { class: "welcome" }, el("b", {}, word("empty")(place)), el("br"),
    word("hint")));
  for (const message of messages) log.append(build(message));
  jump.textContent = `${word("newer")} ↓`;
  toEnd();
}

export function show(message) {
  const node = document.getElementById(`message-${message.id}`);
  if (node) fill(node, message);
  else log.append(build(message));
}

export function remove(id) {
  const node = document.getElementById(`message-${id}`);
  const next = node?.nextElementSibling;
  node?.remove();
  if (next?.message) group(next);
}

function build(message) {
  const author = names.users[message.author] ?? { name: "?", is_bot: false };
  const at = new Date(message.at);
  const today = at.toDateString() === new Date().toDateString();
  const node = el("article", {
    id: `message-${message.id}`, class: `message${message.ephemeral ? " ephemeral" : ""}`,
    "aria-labelledby": `author-${message.id}`,
  },
  message.reply ? answered(message.reply) : message.used && used(message.used),
  avatar(author),
  el("header", {}, el("span", { class: "name", id: `author-${message.id}` }, author.name),
    author.is_bot ? el("span", { class: "tag" }, "APP") : null,
    el("time", { datetime: message.at, title: written(at, "F") },
      today ? `${word("today")} ${written(at, "t")}` : written(at, "s"))),
  el("div", { class: "body" }),
  message.ephemeral ? null : appsButton(message));
  if (!message.ephemeral) {
    node.oncontextmenu = (event) => {
      // Links and pictures keep the browser's own menu.
      if (event.target.closest("a, img")) return;
      event.preventDefault();
      openApps(message, node.querySelector(".apps"));
    };
  }
  node.message = message;
  fill(node, message);
  // It is not in the list yet: what will stand before it is the list's last.
  group(node, log.lastElementChild);
  return node;
}

function fill(node, message) {
  node.message = message;
  const mine = Object.values(names.users).find((user) => user.key === settings.user)?.id;
  const pings = message.pings?.everyone || message.pings?.users.includes(mine);
  node.classList.toggle("pings", Boolean(pings));
  const context = contextOf(node);
  // As in Discord's client, an edit forgets what was picked.
  for (const menu of node.querySelectorAll(".select")) menu.reset();
  sync(node.querySelector(":scope > .body"), parts({ ...BLANK, ...message }), (part, old) => {
    const [kind, shown] = Object.entries(part)[0];
    return kind === "component" ? component(shown, context, old) : PARTS[kind](shown, message);
  });
}

/** The parts of a message from top to bottom. */
function parts(message) {
  const edited = message.edited && !message.thinking;
  return [
    message.thinking && { thinking: names.users[message.author]?.name },
    message.failed && { failed: word("silent") },
    message.content && { text: { content: message.content, edited } },
    ...message.attachments.filter((each) => !isPlaced(message, each)).map((each) => ({ attachment: each })),
    ...message.embeds.map((each) => ({ embed: each })),
    ...message.components.map((each) => ({ component: each })),
    edited && !message.content && { edited: word("edited") },
    message.ephemeral && !message.thinking && { only: word("only") },
  ].filter(Boolean);
}

const isPlaced = ({ components, embeds }, file) => (
  JSON.stringify([components, embeds]).includes(JSON.stringify(file.url)));

const PARTS = {
  thinking: (name) => el("p", { class: "thinking" }, el("span", { class: "dots", "aria-hidden": "true" },
    el("i"), el("i"), el("i")), word("thinking")(name)),
  failed: (text) => el("p", { class: "failed" }, text),
  text: ({ content, edited }) => {
    const box = el("div", { class: "markdown" }, markdown(content));
    const last = box.lastElementChild;
    const mark = el("span", { class: "edited" }, ` ${word("edited")}`);
    if (edited) (last?.className === "text" ? last : box).append(mark);
    return box;
  },
  attachment,
  embed,
  edited: (text) => el("span", { class: "edited alone" }, text),
  only: (text, message) => el("p", { class: "only" }, "👁 ", text, " • ", el("button", {
    type: "button", class: "plain",
    onclick: () => act("dismiss", { user: settings.user, message: message.id }),
  }, word("dismiss"))),
};

/** What the controls of a message do. */
function contextOf(node) {
  const use = (name) => async (control, ...rest) => {
    const button = rest.at(-1);
    const values = rest.length > 1 ? rest[0] : undefined;
    button.setAttribute("aria-busy", "true");
    const given = { message: node.message.id, control, values, user: settings.user, locale: settings.locale };
    const outcome = await act(name, given).catch((error) => ({ state: "failed", error }));
    button.removeAttribute("aria-busy");
    node.querySelector(":scope > .failed")?.remove();
    if (outcome.state === "modal") openModal(outcome, button);
    if (outcome.state === "failed") node.append(el("p", { class: "failed", role: "alert" }, word("failed")));
  };
  return { press: use("press"), choose: use("choose") };
}

function group(node, before = node.previousElementSibling) {
  const [one, two] = [before?.message, node.message];
  const near = one && new Date(two.at) - new Date(one.at) < GROUPED_MILLISECONDS;
  const same = near && one.author === two.author && one.ephemeral === two.ephemeral;
  node.classList.toggle("grouped", Boolean(same && !two.used && !two.reply));
}

const HUES = ["#5865f2", "#c04f6d", "#2d7d46", "#8a5a00", "#3b6ea8"];

export function avatar(user) {
  if (user.is_bot) return el("img", { class: "avatar", src: "/static/aime.svg", alt: "" });
  const node = el("span", { class: "avatar", "aria-hidden": "true" }, [...user.name][0]);
  node.style.background = HUES[[...user.name].reduce((sum, each) => sum + each.codePointAt(0), 1) % HUES.length];
  return node;
}

function used(shown) {
  const user = names.users[shown.user] ?? { name: "?" };
  const [verb, command] = word("used")(shown.is_menu ? shown.command : `/${shown.command}`);
  return el("div", { class: "above" }, avatar(user), el("b", {}, user.name), ` ${verb}`,
    el("span", { class: "command" }, command));
}

function answered(shown) {
  const user = names.users[shown.author] ?? { name: "?" };
  return el("div", { class: "above" }, avatar(user), el("b", {}, user.name),
    el("span", { class: "excerpt", dir: "auto" }, ` ${shown.text || word("gone")}`));
}

function toEnd() {
  atEnd = true;
  scroller.scrollTop = scroller.scrollHeight;
}

// Only going up leaves the end; a conversation that grew meanwhile does not.
let lastTop = 0;
scroller.addEventListener("scroll", () => {
  const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;
  atEnd = near || (atEnd && scroller.scrollTop >= lastTop);
  lastTop = scroller.scrollTop;
  jump.hidden = atEnd;
}, { passive: true });
jump.onclick = toEnd;
// Whatever makes the conversation longer or the window smaller: who was at its end stays there.
const keep = new ResizeObserver(() => (atEnd ? toEnd() : undefined));
keep.observe(log);
keep.observe(scroller);
