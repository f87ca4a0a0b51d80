// Forms that the bot opens. The browser's own dialog keeps the focus inside and closes on Escape.
import { act, asBase64, el } from "./dom.js";
import { markdown } from "./markdown.js";
import { select } from "./menu.js";
import { settings, word } from "./words.js";

export function openModal({ modal, exchange }, opener) {
  const readers = new Map();
  const wrong = el("p", { class: "failed", role: "alert", hidden: true });
  const form = el("form", { method: "dialog" },
    el("h2", { id: "modal-title", dir: "auto" }, modal.title),
    el("div", { class: "controls" }, modal.components.map((each) => topLevel(each, readers)), wrong),
    el("footer", {},
      el("button", { type: "button", class: "button plain", onclick: () => dialog.close() }, word("cancel")),
      el("button", { class: "button primary" }, word("submit"))));
  const dialog = el("dialog", { class: "modal", "aria-labelledby": "modal-title" }, form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const values = {};
    for (const [id, read] of readers) {
      const value = await read();
      if (value !== undefined) values[id] = value;
    }
    form.setAttribute("aria-busy", "true");
    const outcome = await act("submit", { exchange, values, user: settings.user })
      .catch((error) => ({ state: "failed", reason: error.message }));
    form.removeAttribute("aria-busy");
    wrong.hidden = outcome.state !== "failed";
    wrong.textContent = outcome.reason ?? word("wrong");
    if (outcome.state !== "failed") dialog.close();
  };
  dialog.onclose = () => {
    dialog.remove();
    // The browser gave the focus back while the page was still inert, and without a caret.
    document.activeElement?.blur();
    if (opener?.isConnected) opener.focus();
  };
  document.body.append(dialog);
  dialog.showModal();
  (form.querySelector(".controls :is(input, textarea, .select)") ?? form.querySelector("button")).focus();
}

function topLevel(shown, readers) {
  if (shown.type === 10) return el("div", { class: "markdown" }, markdown(shown.content));
  if (shown.type === 1) return labelled(shown.components[0], shown.components[0].label, "", readers);
  return labelled(shown.component, shown.label, shown.description, readers);
}

function labelled(control, label, description, readers) {
  const id = `control-${control.custom_id}`;
  const [node, read] = CONTROLS[control.type](control, id, label);
  readers.set(control.custom_id, read);
  const isRequired = control.required !== false && control.type !== 23;
  const about = description ? el("small", { id: `${id}-about`, dir: "auto" }, description) : null;
  if (about) node.setAttribute("aria-describedby", about.id);
  const name = [el("span", { dir: "auto" }, label), isRequired
    ? el("span", { class: "star", title: "required" }, " *") : null];
  const grouped = [21, 22].includes(control.type);
  return grouped
    ? el("fieldset", { class: "control" }, el("legend", {}, name), about, node)
    : el("div", { class: "control" }, el("label", { for: id }, name), about, node);
}

const CONTROLS = {
  4: (control, id) => {
    const long = control.style === 2;
    const node = el(long ? "textarea" : "input", {
      id, rows: long && "4", placeholder: control.placeholder, minlength: control.min_length,
      maxlength: control.max_length ?? 4000, required: control.required !== false, dir: "auto",
    });
    node.value = control.value ?? "";
    return [node, () => node.value];
  },
  ...Object.fromEntries([3, 5, 6, 7, 8].map((type) => [type, (control, id, label) => {
    const node = select({ ...control, label }, () => {});
    node.id = id;
    return [node, () => node.values()];
  }])),
  19: (control, id) => {
    const node = el("input", { id, type: "file", multiple: (control.max_values ?? 1) > 1 });
    return [node, () => Promise.all([...node.files].map(asBase64))];
  },
  21: (control) => choices(control, "radio"),
  22: (control) => choices(control, "checkbox"),
  23: (control, id) => {
    const node = el("input", { id, type: "checkbox", checked: control.default });
    return [node, () => node.checked];
  },
};

function choices(control, type) {
  const node = el("div", {}, control.options.map((option) => el("label", { class: "choice" },
    el("input", { type, name: control.custom_id, value: option.value, checked: option.default }),
    el("span", { dir: "auto" }, option.label, option.description ? el("small", {}, option.description) : null))));
  return [node, () => [...node.querySelectorAll(":checked")].map((each) => each.value)];
}
