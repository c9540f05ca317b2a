// Paints a growing answer: finished blocks once, only the open block again, at most 25 times a second.
import { copyText } from "./browser.js";
import { mountMarks, mountSaid, stripMarks, withMarks } from "./citations.js";
import { highlight, renderMarkdown, stableCut } from "./markdown.js";

const INTERVAL = 40;

function addCodeHeaders(root) {
  for (const pre of root.querySelectorAll("pre")) {
    if (pre.parentElement.classList.contains("lx-code")) continue;
    const language = /language-([\w+#-]+)/.exec(pre.firstElementChild?.className || "")?.[1] || "text";
    const frame = document.createElement("div");
    frame.className = "lx-code";
    const head = document.createElement("div");
    head.className = "lx-code-head";
    const name = document.createElement("span");
    name.textContent = language;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "lx-code-copy";
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      await copyText(pre.textContent);
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    });
    head.append(name, copy);
    pre.replaceWith(frame);
    pre.tabIndex = 0;
    frame.append(head, pre);
  }
}

function wrapTables(root) {
  for (const table of root.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "lx-table-scroll";
    frame.tabIndex = 0;
    table.replaceWith(frame);
    frame.append(table);
  }
}

export class Painter {
  constructor(host, { onCite, onPaint = () => {} }) {
    this.host = host;
    this.onCite = onCite;
    this.onPaint = onPaint;
    this.reset();
  }

  reset() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.text = "";
    this.cut = 0;
    this.host.replaceChildren();
    this.tail = document.createElement("div");
    this.tail.className = "lx-block";
    this.host.append(this.tail);
  }

  stream(text, said) {
    this.said = said;
    const stripped = withMarks(stripMarks(text), [], said);
    if (this.cut && !stripped.startsWith(this.text.slice(0, this.cut))) this.restart();
    this.text = stripped;
    if (this.timer) return;
    this.timer = setTimeout(() => { this.timer = 0; this.paint(); }, INTERVAL);
  }

  // What was painted is no longer how the text begins: it is painted anew at once, so that nothing is empty in between.
  restart() {
    this.cut = 0;
    this.host.replaceChildren(this.tail);
  }

  paint() {
    const cut = stableCut(this.text, this.cut);
    if (cut > this.cut) {
      const block = document.createElement("div");
      block.className = "lx-block";
      block.innerHTML = renderMarkdown(this.text.slice(this.cut, cut));
      mountSaid(block, this.said);
      this.dress(block);
      this.tail.before(block);
      this.cut = cut;
    }
    this.tail.innerHTML = renderMarkdown(this.text.slice(this.cut));
    mountSaid(this.tail, this.said);
    addCodeHeaders(this.tail);
    this.onPaint();
  }

  finish(text, citations, said) {
    this.reset();
    this.tail.innerHTML = renderMarkdown(withMarks(stripMarks(text), citations, said));
    mountSaid(this.tail, said);
    mountMarks(this.tail, citations, this.onCite);
    this.dress(this.tail);
    this.onPaint();
  }

  dress(root) {
    addCodeHeaders(root);
    wrapTables(root);
    highlight(root);
  }

  dispose() {
    clearTimeout(this.timer);
  }
}
