// Where one writes: plain text, or a command whose options are filled in one after the other.
import { act, asBase64, el } from "./dom.js";
import { Options, localised, offersFor } from "./menu.js";
import { openModal } from "./modal.js";
import { settings, word } from "./words.js";

const AUTOCOMPLETE_MILLISECONDS = 200;
const BOOLEAN = 5;
const FILE = 11;

const [form, text, fieldsBox, offers, hint, count] = ["composer", "text", "fields", "offers", "hint", "count"]
  .map((id) => document.getElementById(id));
const options = new Options(document.getElementById("offer-list"), text, (item) => item.use());
let commands = [];
let command = null;
let fields = [];

export function reset(place) {
  leaveCommand();
  text.placeholder = word("write")(place);
  text.setAttribute("aria-label", text.placeholder);
  loadCommands();
}

export const focusComposer = () => text.focus();

async function loadCommands() {
  const asked = { user: settings.user, channel: settings.place };
  const answer = await act("commands", asked).catch(() => ({ commands: [] }));
  if (JSON.stringify(answer.commands) === JSON.stringify(commands)) return;
  commands = answer.commands;
  if (text.value.startsWith("/")) offerCommands();
}

function offer(items, active) {
  options.show(items, active);
  offers.hidden = false;
  options.owner.setAttribute("aria-expanded", String(items.length > 0));
}

function hideOffers() {
  options.show([]);
  offers.hidden = true;
  options.owner.setAttribute("aria-expanded", "false");
}

function say(message, isWrong = false) {
  hint.textContent = message;
  hint.classList.toggle("wrong", isWrong);
  hint.setAttribute("role", isWrong ? "alert" : "status");
}

// Plain text

text.oninput = () => {
  count.hidden = text.value.length < 1800;
  count.textContent = 2000 - text.value.length;
  grow();
  if (!text.value.startsWith("/")) return hideOffers();
  if (text.value === "/") loadCommands();
  return offerCommands();
};

text.onkeydown = (event) => {
  if (!offers.hidden && options.key(event, ["Enter", "Tab"])) return;
  if (event.key === "Escape") hideOffers();
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
};

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 200)}px`;
}

const shownName = (each) => localised(each.shown, each.name);

function offerCommands() {
  const typed = text.value.slice(1).toLowerCase();
  const rank = (each) => [each.name, shownName(each)].map((name) => name.indexOf(typed))
    .filter((at) => at >= 0).sort()[0] ?? -1;
  const found = commands.filter((each) => rank(each) >= 0).sort((a, b) => rank(a) - rank(b));
  say(found.length ? word("commands")(text.value) : word("none"));
  options.owner = text;
  offer(found.map((each) => ({
    mark: "/", label: `/${shownName(each)}`, aside: "AIME",
    description: localised(each.description_localizations, each.description),
    use: () => enterCommand(each),
  })));
}

// A command

function enterCommand(chosen) {
  command = chosen;
  fields = [];
  text.value = "";
  text.hidden = true;
  count.hidden = true;
  fieldsBox.hidden = false;
  hideOffers();
  fieldsBox.replaceChildren(el("span", { class: "command", tabindex: "-1" }, `/${shownName(chosen)}`));
  for (const option of chosen.options) {
    if (option.required) addField(option);
    else fieldsBox.append(addButton(option));
  }
  say(localised(chosen.description_localizations, chosen.description));
  if (fields.length) fields[0].input.focus();
  else {
    offer([]);
    document.getElementById("send").focus();
  }
}

const optionName = (option) => localised(option.name_localizations, option.name);

function addButton(option) {
  return el("button", {
    type: "button", class: "more", title: localised(option.description_localizations, option.description),
    "aria-label": `${optionName(option)} (${word("optional")})`,
    onclick: (event) => addField(option, event.currentTarget).input.focus(),
    onkeydown: (event) => {
      if (event.key === "Escape") cancel();
    },
  }, `+ ${optionName(option)}`);
}

function leaveCommand() {
  command = null;
  fields = [];
  fieldsBox.hidden = true;
  fieldsBox.replaceChildren();
  text.hidden = false;
  text.value = "";
  count.hidden = true;
  options.owner = text;
  hideOffers();
  grow();
}

function cancel() {
  leaveCommand();
  text.focus();
}

function addField(option, instead) {
  const id = `option-${option.name}`;
  const isFile = option.type === FILE;
  const input = el("input", {
    id, type: isFile ? "file" : "text", required: option.required, dir: "auto", size: "10",
    maxlength: isFile ? null : option.max_length ?? 6000,
    inputmode: option.type === 4 ? "numeric" : null,
    role: isFile ? null : "combobox", "aria-autocomplete": isFile ? null : "list",
    "aria-expanded": isFile ? null : "false", "aria-controls": isFile ? null : "offer-list",
    "aria-describedby": "hint",
  });
  const node = el("span", { class: "field" }, el("label", { for: id }, optionName(option)), input);
  const field = { option, input, node, picked: undefined };
  input.onfocus = () => suggest(field);
  input.oninput = () => {
    field.picked = undefined;
    input.size = Math.max(10, Math.min(input.value.length + 1, 60));
    input.removeAttribute("aria-invalid");
    suggest(field);
  };
  input.onkeydown = (event) => fieldKey(event, field);
  if (instead) instead.replaceWith(node);
  else fieldsBox.append(node);
  fields.push(field);
  return field;
}

function fieldKey(event, field) {
  if (!offers.hidden && options.key(event, ["Enter", "Tab"].slice(0, event.shiftKey ? 1 : 2))) return;
  if (event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (options.items.length) offer([]);
    else cancel();
  } else if (event.key === "Backspace" && !field.input.value) {
    event.preventDefault();
    if (field.option.required) cancel();
    else {
      field.node.replaceWith(addButton(field.option));
      fields = fields.filter((each) => each !== field);
      (fields.at(-1)?.input ?? document.getElementById("send")).focus();
    }
  }
}

function suggest(field) {
  const { option, input } = field;
  clearTimeout(field.timer);
  options.owner = input;
  say(`${optionName(option)} — ${localised(option.description_localizations, option.description)}`);
  if (option.autocomplete) {
    field.timer = setTimeout(() => complete(field), AUTOCOMPLETE_MILLISECONDS);
    if (!options.items.length) say(word("loading"));
    return;
  }
  const typed = field.picked === undefined ? input.value.trim().toLowerCase() : "";
  const found = known(option).filter((each) => each.label.toLowerCase().includes(typed));
  if (!found.length && typed && known(option).length) say(word("none"), true);
  offer(found.map((each) => ({ ...each, use: () => pick(field, each) })),
    field.picked === undefined && found.length ? 0 : -1);
}

async function complete(field) {
  if (!command) return; // It was sent meanwhile.
  const asked = (field.asked ?? 0) + 1;
  field.asked = asked;
  const given = {};
  for (const other of fields) {
    if (other !== field && other.option.type !== FILE && other.input.value) given[other.option.name] = valueOf(other);
  }
  const answer = await act("autocomplete", {
    command: command.name, focused: field.option.name, value: field.input.value, options: given, ...settings, channel: settings.place,
  }).catch(() => ({ failed: true, choices: [] }));
  // An answer to what was typed before is of no use.
  if (asked !== field.asked || document.activeElement !== field.input) return;
  const { option } = field;
  say(answer.failed ? word("unloaded")
    : `${optionName(option)} — ${localised(option.description_localizations, option.description)}`, answer.failed);
  offer(answer.choices.map((each) => {
    const item = { label: each.name, value: each.value };
    return { ...item, use: () => pick(field, item) };
  }));
}

/** What an option offers without asking the bot. */
function known(option) {
  if (option.type === BOOLEAN) {
    return [true, false].map((value, index) => ({ value, label: word("truth")[index] }));
  }
  if (option.choices) {
    return option.choices.map((each) => (
      { value: each.value, label: localised(each.name_localizations, each.name) }));
  }
  return offersFor(option.type);
}

function pick(field, { label, value }) {
  clearTimeout(field.timer);
  field.asked = (field.asked ?? 0) + 1;
  field.input.value = label;
  field.input.size = Math.max(10, Math.min(label.length + 1, 60));
  field.picked = value;
  const next = fields.find((each) => each.option.required && !each.input.value);
  hideOffers();
  if (next) next.input.focus();
}

function valueOf({ option, input, picked }) {
  if (picked !== undefined) return picked;
  const typed = input.value.trim();
  const match = known(option).find((each) => each.label.toLowerCase() === typed.toLowerCase());
  if (match) return match.value;
  return [4, 10].includes(option.type) ? Number(typed) : typed;
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const where = { user: settings.user, channel: settings.place, locale: settings.locale };
  if (!command) {
    const written = text.value.trim();
    if (!written) return;
    leaveCommand();
    await act("send", { ...where, text: written }).catch(complain);
    return;
  }
  const empty = fields.find((each) => each.option.required && !each.input.value.trim());
  if (empty) {
    empty.input.focus();
    empty.input.setAttribute("aria-invalid", "true");
    say(word("required"), true);
    return;
  }
  const given = { ...where, command: command.name, options: {} };
  for (const field of fields) {
    if (field.option.type === FILE) {
      if (field.input.files[0]) given.options[field.option.name] = await asBase64(field.input.files[0]);
    } else if (field.input.value.trim()) given.options[field.option.name] = valueOf(field);
  }
  cancel();
  const outcome = await act("run", given).catch(complain);
  if (outcome?.state === "modal") openModal(outcome, text);
};

function complain(error) {
  say(error.message, true);
  offer([]);
}

form.addEventListener("focusout", (event) => {
  if (!form.contains(event.relatedTarget)) hideOffers();
});
