// Lists one picks from: the options themselves, and select menus that open them.
import { el } from "./dom.js";
import { names } from "./markdown.js";
import { settings, word } from "./words.js";

/** The entries of a listbox and which of them is active; focus stays where it is. */
export class Options {
  constructor(list, owner, pick) {
    Object.assign(this, { list, owner, pick, items: [], active: -1 });
    list.onmousedown = (event) => event.preventDefault();
    list.onclick = (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.pick(this.items[Number(row.dataset.index)]);
    };
  }

  show(items, active = items.length ? 0 : -1) {
    this.items = items;
    this.list.replaceChildren(...items.map((item, index) => el("div", {
      role: "option", id: `${this.list.id}-${index}`, "data-index": index,
      "aria-selected": String(Boolean(item.chosen)),
    }, item.mark ? el("span", { class: "mark", "aria-hidden": "true" }, item.mark) : null,
    el("span", { class: "what", dir: "auto" }, el("b", {}, item.label),
      item.description ? el("small", { dir: "auto" }, item.description) : null),
    item.aside ? el("small", { class: "aside" }, item.aside) : null)));
    this.move(active);
  }

  move(index) {
    this.list.children[this.active]?.classList.remove("active");
    this.active = index;
    const row = this.list.children[index];
    row?.classList.add("active");
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.owner.setAttribute("aria-activedescendant", row.id);
    else this.owner.removeAttribute("aria-activedescendant");
  }

  /** Handle a key; true when it was one for the list. */
  key(event, picks) {
    const last = this.items.length - 1;
    const moves = {
      ArrowDown: this.active >= last ? 0 : this.active + 1,
      ArrowUp: this.active <= 0 ? last : this.active - 1,
      Home: 0,
      End: last,
    };
    if (last >= 0 && event.key in moves && (this.list === this.owner || event.key.startsWith("A"))) {
      this.move(moves[event.key]);
    } else if (picks.includes(event.key) && this.items[this.active]) {
      this.pick(this.items[this.active]);
    } else return false;
    event.preventDefault();
    return true;
  }
}

const OFFERS = {
  3: (menu) => menu.options.map((option) => ({ ...option, mark: option.emoji?.name })),
  5: () => people(),
  6: () => roles(),
  7: () => [...people(), ...roles()],
  8: () => Object.entries(names.channels).map(([value, name]) => ({ value, label: `#${name}` })),
};
const people = () => Object.values(names.users).map((user) => (
  { value: user.id, label: user.name, description: user.key, mark: "👤" }));
const roles = () => Object.entries(names.roles).map(([value, name]) => (
  { value, label: `@${name}`, mark: "🏷️" }));

let menus = 0;

/** A select menu; done gets the chosen values when one is picked, or the list of many closes. */
export function select(menu, done) {
  const most = menu.max_values ?? 1;
  const items = OFFERS[menu.type](menu);
  const preset = new Set((menu.default_values ?? []).map((each) => String(each.id)));
  const initial = items.filter((item) => item.default || preset.has(item.value));
  let chosen = initial;
  const face = el("span", { class: "face", dir: "auto" });
  const button = el("button", {
    type: "button", class: "select", "data-control": menu.custom_id, disabled: menu.disabled,
    "aria-haspopup": "listbox", "aria-expanded": "false", onclick: () => open(),
    onkeydown: (event) => {
      if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
      event.preventDefault();
      open();
    },
  }, face, el("span", { class: "arrow", "aria-hidden": "true" }, "⌄"));

  function label() {
    const placeholder = menu.placeholder ?? word("choose");
    face.textContent = chosen.map((item) => item.label).join(", ") || placeholder;
    face.classList.toggle("faint", !chosen.length);
    button.setAttribute("aria-label", menu.label ?? `${placeholder}: ${face.textContent}`);
  }

  function open() {
    const before = chosen.map((item) => item.value).join();
    const list = el("div", {
      id: `menu-${menus += 1}`, class: "options", role: "listbox", tabindex: "0", popover: "auto",
      "aria-label": menu.placeholder ?? word("choose"), "aria-multiselectable": most > 1 && "true",
    });
    const options = new Options(list, list, (item) => {
      if (most === 1) {
        chosen = [item];
        return close();
      }
      if (chosen.includes(item)) chosen = chosen.filter((each) => each !== item);
      else if (chosen.length < most) chosen = [...chosen, item];
      label();
      return options.show(shown(), items.indexOf(item));
    });
    const shown = () => items.map((item) => (
      Object.assign(item, { chosen: chosen.includes(item) })));
    const close = () => {
      list.hidePopover();
      button.focus();
    };
    list.onkeydown = (event) => {
      if (!options.key(event, ["Enter", " "]) && event.key === "Tab") close();
    };
    list.ontoggle = (event) => {
      if (event.newState === "open") return;
      list.remove();
      button.setAttribute("aria-expanded", "false");
      label();
      const values = chosen.map((item) => item.value);
      if (values.join() !== before && values.length >= (menu.min_values ?? 1)) done(values);
    };
    // Beside the button's dialog or the whole page: a message clips what stands in it.
    (button.closest("dialog") ?? document.body).append(list);
    options.show(shown(), Math.max(0, items.findIndex((item) => item.chosen)));
    list.showPopover();
    place(list, button);
    button.setAttribute("aria-expanded", "true");
    list.focus();
  }

  label();
  button.reset = () => {
    chosen = initial;
    label();
  };
  button.values = () => chosen.map((item) => item.value);
  return button;
}

export function place(list, button) {
  const box = button.getBoundingClientRect();
  const below = innerHeight - box.bottom - 12;
  const room = Math.max(below, box.top - 12);
  list.style.width = `${box.width}px`;
  list.style.left = `${box.left}px`;
  list.style.maxHeight = `${Math.min(room, 320)}px`;
  const height = list.getBoundingClientRect().height;
  list.style.top = `${below >= height ? box.bottom + 4 : box.top - height - 4}px`;
}

/** The people, roles and channels for a command's option of that type. */
export function offersFor(type) {
  return { 6: OFFERS[5], 7: OFFERS[8], 8: OFFERS[6], 9: OFFERS[7] }[type]?.() ?? [];
}

export const localised = (texts, fallback) => texts?.[settings.locale] ?? fallback;
