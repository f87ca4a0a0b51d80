// Discord's Markdown as nodes: https://support.discord.com/hc/en-us/articles/210298617
// The patterns follow the Discord client's own (simple-markdown), each tried where it stands.
import { el, webAddress } from "./dom.js";
import { settings, word } from "./words.js";

export const names = { users: {}, roles: {}, channels: {}, cdn: "", bot: "" };

const DEEPEST = 12;
const PLAIN = /[^\\*_~|`<[@h]+|[\s\S]/y;
const INLINE = [
  [/\\([^0-9A-Za-z\s])/y, (m) => m[1]],
  [/(`+)([\s\S]*?[^`])\1(?!`)/y, (m) => el("code", {}, m[2].replace(/^ (?=`)|(?<=`) $/g, ""))],
  [/\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, (m, deeper) => el("strong", {}, deeper(m[1]))],
  [/__((?:\\[\s\S]|[^\\])+?)__(?!_)/y, (m, deeper) => el("u", {}, deeper(m[1]))],
  [/\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^*\s\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/y,
    (m, deeper) => el("em", {}, deeper(m[1]))],
  [/(?<![0-9A-Za-z_])_((?:__|\\[\s\S]|[^\\_])+?)_(?![0-9A-Za-z_])/y,
    (m, deeper) => el("em", {}, deeper(m[1]))],
  [/~~([\s\S]+?)~~(?!_)/y, (m, deeper) => el("s", {}, deeper(m[1]))],
  [/\|\|([\s\S]+?)\|\|/y, (m, deeper) => spoiler(deeper(m[1]))],
  [/\[((?:\\[\s\S]|[^\\[\]]|\[[^[\]]*\])+)\]\(<?(https?:\/\/[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?(?: "[^"\n]*")?\)/y,
    (m, deeper) => anchor(m[2], deeper(m[1]))],
  [/<(https?:\/\/[^\s<>]+)>/y, (m) => anchor(m[1], [m[1]])],
  [/<@!?(\d+)>/y, (m) => mention(`@${names.users[m[1]]?.name ?? "unknown-user"}`)],
  [/<@&(\d+)>/y, (m) => mention(`@${names.roles[m[1]] ?? "unknown-role"}`)],
  [/<#(\d+)>/y, (m) => mention(`#${names.channels[m[1]] ?? "unknown"}`)],
  [/<\/([^:<>\n]{1,100}):\d+>/y, (m) => mention(`/${m[1]}`)],
  [/<(a?):(\w{2,32}):(\d+)>/y, (m) => el("img", {
    class: "emoji", alt: `:${m[2]}:`, title: `:${m[2]}:`, draggable: "false",
    src: `${names.cdn}/emojis/${m[3]}.${m[1] ? "gif" : "webp"}`,
  })],
  [/<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/y, (m) => moment(Number(m[1]), m[2] ?? "f")],
  [/@(?:everyone|here)\b/y, (m) => mention(m[0])],
  [/(?<![0-9A-Za-z])https?:\/\/[^\s<]+[^<.,:;"'\]\s)*_~|]/y, (m) => anchor(m[0], [m[0]])],
];

const FENCE = /```(?:([\w+#.-]+)\n)?\n?([\s\S]*?)\n*```/g;
const LIST = /^( *)(?:[-*]|(\d{1,9})\.) +(?=\S)/;

/** Return the blocks of a text. */
export function markdown(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const fence of text.matchAll(FENCE)) {
    if (!fence[2].trim() || text[fence.index - 1] === "\\") continue;
    parts.append(...blocks(text.slice(from, fence.index).replace(/\n$/, "").split("\n"), from > 0));
    parts.append(el("pre", {}, el("code", { dir: "ltr" }, fence[2])));
    from = fence.index + fence[0].length;
  }
  parts.append(...blocks(text.slice(from).split("\n"), from > 0));
  return parts;
}

/** Return a text's inline nodes alone, for titles and labels. */
export function inlineMarkdown(text) {
  return inline(text, 0);
}

function blocks(lines, follows, depth = 0) {
  if (lines.length === 1 && lines[0] === "") return [];
  if (follows && lines[0] === "") lines = lines.slice(1);
  const found = [];
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) found.push(line("div", { class: "text" }, paragraph.join("\n")));
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const [quoted, next] = quote(lines, at);
    const heading = /^(#{1,3}) +(?=\S)(.+)/.exec(lines[at]);
    const small = /^-# +(?=\S)(.+)/.exec(lines[at]);
    if (quoted && depth < DEEPEST) {
      flush();
      found.push(el("blockquote", {}, blocks(quoted, false, depth + 1)));
      at = next - 1;
    } else if (heading) {
      flush();
      found.push(line(`h${heading[1].length + 2}`, {}, heading[2]));
    } else if (small) {
      flush();
      found.push(line("div", { class: "small" }, small[1]));
    } else if (LIST.test(lines[at])) {
      flush();
      let end = at + 1;
      while (end < lines.length && LIST.test(lines[end])) end += 1;
      found.push(list(lines.slice(at, end)));
      at = end - 1;
    } else paragraph.push(lines[at]);
  }
  flush();
  return found;
}

function quote(lines, at) {
  if (lines[at].startsWith(">>> ")) {
    return [[lines[at].slice(4), ...lines.slice(at + 1)], lines.length];
  }
  let end = at;
  while (end < lines.length && /^> /.test(lines[end])) end += 1;
  return end > at ? [lines.slice(at, end).map((each) => each.slice(2)), end] : [null, at];
}

function list(lines) {
  const first = LIST.exec(lines[0]);
  const items = [];
  for (let at = 0; at < lines.length;) {
    const mark = LIST.exec(lines[at]);
    let end = at + 1;
    while (end < lines.length && LIST.exec(lines[end])[1].length > mark[1].length) end += 1;
    const inner = lines.slice(at + 1, end);
    const shallow = mark[1].length < DEEPEST * 2;
    items.push(el("li", { dir: "auto" }, inline(lines[at].slice(mark[0].length), 0),
      inner.length ? (shallow ? list(inner) : inner.join("\n")) : null));
    at = end;
  }
  return first[2] ? el("ol", { start: first[2] }, items) : el("ul", {}, items);
}

function line(tag, attributes, text) {
  return el(tag, { dir: "auto", ...attributes }, inline(text, 0));
}

function inline(source, depth) {
  if (depth > DEEPEST) return [source];
  const nodes = [];
  let plain = "";
  for (let at = 0; at < source.length;) {
    const hit = first(source, at);
    if (hit) {
      const node = hit.build(hit.match, (inner) => inline(inner, depth + 1));
      if (typeof node === "string") plain += node;
      else {
        if (plain) nodes.push(plain);
        plain = "";
        nodes.push(node);
      }
      at += hit.match[0].length;
    } else {
      PLAIN.lastIndex = at;
      const [run] = PLAIN.exec(source);
      plain += run;
      at += run.length;
    }
  }
  return plain ? [...nodes, plain] : nodes;
}

function first(source, at) {
  if (!"\\*_~|`<[@h".includes(source[at])) return null;
  for (const [pattern, build] of INLINE) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match) return { match, build };
  }
  return null;
}

function anchor(url, children) {
  const href = webAddress(url);
  if (!href) return el("span", {}, children);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", title: href }, children);
}

const mention = (text) => el("span", { class: "mention", dir: "auto" }, text);

function spoiler(children) {
  const cover = el("span", {
    class: "spoiler", role: "button", tabindex: "0", "aria-label": word("spoiler"),
    onclick: () => cover.replaceWith(el("span", { class: "revealed" }, children)),
    onkeydown: (event) => {
      if (["Enter", " "].includes(event.key)) cover.click();
    },
  }, el("span", { inert: true }, children));
  return cover;
}

// Times, in the reader's language; the relative ones go on counting.

const STYLES = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" },
  D: { dateStyle: "long" }, f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" }, S: { dateStyle: "short", timeStyle: "medium" },
};
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600],
  ["minute", 60], ["second", 1]];

export function written(date, style) {
  return new Intl.DateTimeFormat(settings.locale, STYLES[style]).format(date);
}

function moment(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `<t:${seconds}:${style}>`;
  const relative = style === "R";
  return el("time", {
    class: "moment", datetime: date.toISOString(), title: written(date, "F"),
    "data-at": relative && seconds,
  }, relative ? ago(seconds) : written(date, style));
}

function ago(seconds) {
  const left = seconds - Math.round(Date.now() / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(left) >= length) ?? UNITS.at(-1);
  const amount = Math.round(left / size);
  return new Intl.RelativeTimeFormat(settings.locale, { numeric: "auto" }).format(amount, unit);
}

setInterval(() => {
  for (const node of document.querySelectorAll("time[data-at]")) {
    const text = ago(Number(node.dataset.at));
    if (node.textContent !== text) node.textContent = text;
  }
}, 1000);
