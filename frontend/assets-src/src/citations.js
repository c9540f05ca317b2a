// Places citation marks in rendered Markdown: each verified span's end is marked in the source by a private-use pair,
// which survives rendering as text and is then replaced by a button.
const OPEN = "\uE200";
const CLOSE = "\uE201";
const SAID = "\uE202";
const SAID_END = "\uE203";
const SAID_MARK = /\uE202(\d{1,4})\uE203/;
const MARK = /\uE200(\d{1,4})\uE201/;

// Offsets from the API count code points; JavaScript strings count UTF-16 units.
export function utf16Offset(text, codePoints) {
  let offset = 0;
  for (let count = 0; count < codePoints && offset < text.length; count += 1) {
    offset += text.codePointAt(offset) > 0xffff ? 2 : 1;
  }
  return offset;
}

export function stripMarks(text) {
  return text.replace(/[\uE200-\uE203]/g, "\uFFFD");
}

// Several citations may end at one place; one source is marked once there. What was said meanwhile (`said`) stands in a
// paragraph of its own, under a private-use pair as well.
export function withMarks(text, citations, said = []) {
  const places = new Map();
  citations.forEach((citation, index) => {
    const end = utf16Offset(text, citation.end);
    const here = places.get(end) || [];
    if (!here.some((other) => citations[other].n === citation.n)) here.push(index);
    places.set(end, here);
  });
  const insertions = [...places].map(([end, indices]) => [text.slice(0, end).trimEnd().length, indices.map((index) => `${OPEN}${index}${CLOSE}`).join("")]);
  said.forEach((each, index) => insertions.push([utf16Offset(text, each.position), `\n\n${SAID}${index}${SAID_END}\n\n`]));
  let result = "";
  let from = 0;
  for (const [at, mark] of insertions.sort(([a], [b]) => a - b)) {
    result += text.slice(from, at) + mark;
    from = at;
  }
  return result + text.slice(from);
}

function saidBlock({ text }) {
  const block = document.createElement("div");
  block.className = "lx-said";
  block.setAttribute("role", "note");
  block.setAttribute("aria-label", "Added while the answer was written");
  block.textContent = text;
  return block;
}

export function mountSaid(root, said) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (SAID_MARK.test(walker.currentNode.data)) texts.push(walker.currentNode);
  for (const node of texts) {
    const each = said[Number(SAID_MARK.exec(node.data)[1])];
    const alone = node.parentElement.tagName === "P" && node.parentElement.textContent === node.data;
    (alone ? node.parentElement : node).replaceWith(...(each ? [saidBlock(each)] : []));
  }
}

function markButton(citation, onOpen) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lx-cite";
  button.textContent = String(citation.n);
  const page = citation.page ? `, page ${citation.page}` : "";
  button.setAttribute("aria-label", `Source ${citation.n}: ${citation.document_name}${page}`);
  button.title = `${citation.document_name}${page}`;
  button.addEventListener("click", () => onOpen(citation, button));
  return button;
}

export function mountMarks(root, citations, onOpen) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.includes(OPEN)) texts.push(walker.currentNode);
  for (let node of texts) {
    let match;
    while ((match = MARK.exec(node.data))) {
      const rest = node.splitText(match.index);
      rest.data = rest.data.slice(match[0].length);
      const citation = citations[Number(match[1])];
      if (citation) rest.before(markButton(citation, onOpen));
      node = rest;
    }
  }
}
