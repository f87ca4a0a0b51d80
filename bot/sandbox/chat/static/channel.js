// What the bot may do in the channel one looks at, as a moderator would change it.
import { act, el, sync } from "./dom.js";

const NAMES = ["look", "write", "read back", "add pictures"];
const section = document.getElementById("channel");
let place = null;

/** Show the switches of a channel; elsewhere nobody can deny the bot anything. */
export function showChannel(shown) {
  place = shown;
  section.hidden = !place.denied;
  if (place.denied) sync(document.getElementById("denials"), NAMES.map((name) => [name, !place.denied.includes(name)]), denial);
}

function denial([name, may]) {
  return el("label", {}, el("input", {
    type: "checkbox", checked: may, "data-permission": name, onchange: (event) => {
      const others = place.denied.filter((each) => each !== name);
      act("deny", { channel: place.key, denied: event.target.checked ? others : [...others, name] });
    },
  }), ` ${name}`);
}

document.getElementById("delete-channel").onclick = () => act("delete-channel", { channel: place.key });
