// Builds nodes. Data reaches the page as text nodes and checked attributes only, never as markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

// Discord numbers the components of a message; a line more in a card renumbers the buttons below it.
// Nobody sees these numbers. What names things that are seen is a text.
export const look = (item) => (
  JSON.stringify(item, (name, value) => (name === "id" && typeof value === "number" ? undefined : value)));

/** Make the children of parent show items; what looks as before keeps its node, and its focus. */
export function sync(parent, items, build) {
  items.forEach((item, index) => {
    const key = look(item);
    const old = parent.children[index];
    if (old?.shows === key) return;
    const node = build(item, old);
    node.shows = key;
    if (!old) parent.append(node);
    else if (old !== node) old.replaceWith(node);
  });
  while (parent.children.length > items.length) parent.lastElementChild.remove();
}

/** Only addresses of pages may be links; javascript: and the like are not. */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

export async function act(name, given) {
  const response = await fetch(`/do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

export async function asBase64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 32768) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
  }
  return { name: file.name, base64: btoa(binary) };
}
