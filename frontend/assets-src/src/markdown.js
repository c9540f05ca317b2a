// Model output to safe DOM: no raw HTML, no images, no styles, only links a person must click.
import createPurifier from "dompurify";
import MarkdownIt from "markdown-it";

const purifier = createPurifier(window);
// Beside the web: pages of the dashboard itself, which the program's own answers point to.
const OWN_PAGE = /^\/(?:documents|search|chat|models)(?:[/?#]|$)/;
const ALLOWED = {
  ALLOWED_TAGS: ["p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "table", "thead", "tbody", "tr", "th", "td", "a", "span"],
  ALLOWED_ATTR: ["href", "class", "start", "title"],
  ALLOWED_URI_REGEXP: new RegExp(`^(?:https?:|mailto:)|${OWN_PAGE.source}`, "i"),
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A" && !OWN_PAGE.test(node.getAttribute("href") || "")) {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
  const kept = [...node.classList].filter((name) => /^(language-[\w+#-]{1,30}|hljs[\w-]*)$/.test(name));
  if (node.hasAttribute("class")) node.setAttribute("class", kept.join(" "));
});

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
markdown.renderer.rules.image = (tokens, index) => markdown.utils.escapeHtml(tokens[index].content || "image");
// The page owns h1; an answer's headings start at h2 and skip no level, whatever the model wrote.
markdown.core.ruler.push("heading_levels", (state) => {
  let before = 1;
  for (const token of state.tokens) {
    if (token.type === "heading_open") before = Math.min(Number(token.tag.slice(1)) + 1, before + 1, 6);
    if (token.type === "heading_open" || token.type === "heading_close") token.tag = `h${before}`;
  }
});

export function sanitize(html) {
  return purifier.sanitize(html, ALLOWED);
}

export function renderMarkdown(text) {
  return sanitize(markdown.render(text));
}

// The end of the part of a growing Markdown text that further text can no longer change: after the last blank line
// outside a fence that is not followed by a continuation (indented text or a list item).
export function stableCut(text, from = 0) {
  let cut = from;
  let fence = "";
  let position = from;
  let blankBefore = false;
  for (const line of text.slice(from).split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const continues = /^(\s+\S|\s*([-*+]|\d{1,9}[.)])\s)/.test(line);
    if (blankBefore && !fence && line.trim() && !continues) cut = position;
    if (mark && !fence) fence = mark;
    else if (mark && fence && mark[0] === fence[0] && mark.length >= fence.length) fence = "";
    blankBefore = !line.trim();
    position += line.length + 1;
  }
  return cut;
}

let highlighter;

export async function highlight(root) {
  const blocks = [...root.querySelectorAll("pre > code")].filter((code) => !code.dataset.lit);
  if (!blocks.length) return;
  highlighter ??= import("highlight.js/lib/common").then((module) => module.default);
  const hljs = await highlighter;
  for (const code of blocks) {
    code.dataset.lit = "yes";
    const language = /language-([\w+#-]+)/.exec(code.className)?.[1];
    if (!language || !hljs.getLanguage(language)) continue;
    code.innerHTML = sanitize(hljs.highlight(code.textContent, { language }).value);
  }
}
