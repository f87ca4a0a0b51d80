// What a message shows besides plain text: components V2, classic rows, embeds and files.
// https://docs.discord.com/developers/components/reference
import { el, look, sync, webAddress } from "./dom.js";
import { inlineMarkdown, markdown, written } from "./markdown.js";
import { select } from "./menu.js";
import { word } from "./words.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "primary" };

const BUILDERS = {
  1: (row, context) => el("div", { class: "buttons" },
    row.components.map((child) => component(child, context))),
  2: button,
  3: menu, 5: menu, 6: menu, 7: menu, 8: menu,
  9: (section, context) => el("div", { class: "section" },
    el("div", {}, section.components.map((child) => component(child, context))),
    component(section.accessory, context)),
  10: (display) => el("div", { class: "markdown" }, markdown(display.content)),
  11: (thumbnail) => picture(thumbnail, thumbnail.media.url, "thumbnail"),
  12: (gallery) => el("div", { class: `gallery of-${Math.min(gallery.items.length, 5)}` },
    gallery.items.map((item) => picture(item, item.media.url, ""))),
  13: (shown) => hidden(shown.spoiler, file(shown.name, shown.size, shown.file.url)),
  14: (separator) => el("div", {
    class: `separator${separator.divider ? " line" : ""}${separator.spacing === 2 ? " wide" : ""}`,
    role: separator.divider ? "separator" : null,
  }),
  17: container,
};

export function component(shown, context, old) {
  return BUILDERS[shown.type]?.(shown, context, old) ?? el("div");
}

function container(shown, context, old) {
  const { components, ...rest } = shown;
  const frame = look(rest);
  // While a text is written only the part that grows is made anew.
  const box = old?.frame === frame ? old : el("div", { class: "container" });
  box.frame = frame;
  if (shown.accent_color !== null && shown.accent_color !== undefined) {
    box.style.setProperty("--accent", colour(shown.accent_color));
    box.classList.add("accented");
  }
  sync(box, components, (child, before) => component(child, context, before));
  return shown.spoiler && box !== old ? hidden(true, box) : box;
}

function button(shown, context) {
  const content = [emoji(shown.emoji), shown.label ? el("span", { dir: "auto" }, shown.label) : null];
  if (shown.style === 5) {
    return el("a", {
      class: "button link", href: webAddress(shown.url), target: "_blank",
      rel: "noopener noreferrer", "aria-disabled": shown.disabled && "true",
    }, content, el("span", { class: "out", "aria-hidden": "true" }, "↗"));
  }
  const node = el("button", {
    type: "button", class: `button ${STYLES[shown.style]}`, disabled: shown.disabled,
    "data-control": shown.custom_id, "aria-label": shown.label ? null : shown.emoji?.name,
    onclick: () => context.press(shown.custom_id, node),
  }, content);
  return node;
}

function emoji(shown) {
  return shown?.name ? el("span", { class: "emoji", "aria-hidden": "true" }, shown.name) : null;
}

function menu(shown, context) {
  const node = select(shown, (values) => context.choose(shown.custom_id, values, node));
  return node;
}

/** A picture keeps its place while it loads; where it cannot be loaded its description is shown. */
function picture(shown, url, kind) {
  const image = el("img", {
    src: webAddress(url), alt: shown.description ?? "", loading: "lazy", decoding: "async",
    referrerpolicy: "no-referrer", onerror: () => image.classList.add("broken"),
  });
  return hidden(shown.spoiler, el("div", { class: `picture ${kind}` }, image));
}

function hidden(isSpoiler, node) {
  if (!isSpoiler) return node;
  node.inert = true;
  const cover = el("div", { class: "covered" }, node, el("button", {
    type: "button", class: "button secondary", "aria-label": word("spoiler"),
    onclick: () => {
      node.inert = false;
      cover.replaceWith(node);
    },
  }, "SPOILER"));
  return cover;
}

const SIZES = [[1048576, "MB"], [1024, "KB"], [1, "bytes"]];

function file(name, size, url) {
  const [unit, called] = SIZES.find(([length]) => size >= length) ?? SIZES.at(-1);
  return el("div", { class: "file" }, el("span", { "aria-hidden": "true" }, "📄"),
    el("div", {},
      el("a", { href: webAddress(url), download: name, dir: "auto", rel: "noopener" }, name),
      el("small", {}, `${Math.round((size / unit) * 100) / 100} ${called}`)));
}

export function attachment(shown) {
  const isSpoiler = shown.name.startsWith("SPOILER_");
  return shown.type.startsWith("image/")
    ? picture({ description: shown.description, spoiler: isSpoiler }, shown.url, "attached")
    : hidden(isSpoiler, file(shown.name, shown.size, shown.url));
}

export const colour = (number) => `#${number.toString(16).padStart(6, "0")}`;

export function embed(shown) {
  const box = el("article", { class: `embed${shown.thumbnail ? " with-thumbnail" : ""}` });
  if (shown.color) box.style.setProperty("--accent", colour(shown.color));
  const linked = (text, url, attributes) => (webAddress(url)
    ? el("a", { ...attributes, href: webAddress(url), target: "_blank", rel: "noopener noreferrer" }, text)
    : el("span", attributes, text));
  const icon = (url) => (url ? picture({}, url, "icon") : null);
  const { author, footer } = shown;
  const time = shown.timestamp ? written(new Date(shown.timestamp), "s") : null;
  box.append(el("div", { class: "embed-text" },
    shown.provider?.name ? el("small", { dir: "auto" }, shown.provider.name) : "",
    author?.name ? el("div", { class: "author" }, icon(author.icon_url),
      linked(author.name, author.url, { dir: "auto" })) : "",
    shown.title ? el("div", { class: "title", dir: "auto" },
      linked(inlineMarkdown(shown.title), shown.url, {})) : "",
    shown.description ? el("div", { class: "markdown" }, markdown(shown.description)) : "",
    shown.fields?.length ? el("div", { class: "fields" }, shown.fields.map((field) => (
      el("div", { class: field.inline ? "inline" : "" },
        el("div", { class: "name", dir: "auto" }, inlineMarkdown(field.name)),
        el("div", { class: "markdown" }, markdown(field.value)))))) : "",
    shown.image ? picture(shown.image, shown.image.url, "attached") : "",
    footer || time ? el("footer", { dir: "auto" }, icon(footer?.icon_url),
      [footer?.text, time].filter(Boolean).join(" • ")) : ""));
  if (shown.thumbnail) box.append(picture(shown.thumbnail, shown.thumbnail.url, "thumbnail"));
  return box;
}
