// What the bot offers for a message: "Apps" in the menu of Discord's client.
import { act, el } from "./dom.js";
import { Options, localised, place } from "./menu.js";
import { openModal } from "./modal.js";
import { settings, word } from "./words.js";

const WIDTH = 240;
let lists = 0;

/** The button of a message that opens its menu; a right click on the message does so, too. */
export function appsButton(message) {
  return el("button", {
    type: "button", class: "apps", "aria-label": word("apps"), title: word("apps"),
    "aria-haspopup": "listbox", "aria-expanded": "false",
    onclick: (event) => openApps(message, event.currentTarget),
  }, "⋯");
}

export async function openApps(message, button) {
  if (button.getAttribute("aria-expanded") === "true") return;
  button.setAttribute("aria-expanded", "true");
  const asked = { user: settings.user, channel: message.channel };
  const { menu } = await act("commands", asked).catch(() => ({ menu: [] }));
  show(message, button, menu.map((each) => (
    { mark: "🧩", label: localised(each.shown, each.name), value: each.name })));
}

function show(message, button, items) {
  const list = el("div", {
    id: `apps-${lists += 1}`, class: "options", role: "listbox", tabindex: "0", popover: "auto",
    "aria-label": word("apps"),
  });
  const close = () => {
    list.hidePopover();
    button.focus();
  };
  const options = new Options(list, list, (item) => {
    close();
    run(message, item.value, button);
  });
  list.onkeydown = (event) => {
    if (!options.key(event, ["Enter", " "]) && event.key === "Tab") close();
  };
  list.ontoggle = (event) => {
    if (event.newState === "open") return;
    list.remove();
    button.setAttribute("aria-expanded", "false");
  };
  document.body.append(list);
  options.show(items);
  if (!items.length) list.append(el("p", { class: "none" }, word("noApps")));
  list.showPopover();
  const { right, top, bottom } = button.getBoundingClientRect();
  place(list, { getBoundingClientRect: () => ({ left: right - WIDTH, width: WIDTH, top, bottom }) });
  list.focus();
}

async function run(message, command, button) {
  const given = { message: message.id, command, user: settings.user, locale: settings.locale };
  const outcome = await act("run_menu", given).catch(() => ({ state: "failed" }));
  if (outcome.state === "modal") openModal(outcome, button);
}
