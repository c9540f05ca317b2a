// The source of a citation: the page's text with the passage highlighted, beside the conversation.
import { utf16Offset } from "../citations.js";
import { call } from "../http.js";

// Splits a page's text into plain, passage and quoted parts.
export function highlightedParts(passage, quote) {
  const text = passage.page_text;
  const start = utf16Offset(text, passage.start);
  const end = utf16Offset(text, passage.end);
  const inside = text.slice(start, end);
  const at = quote ? inside.indexOf(quote) : -1;
  const marked = at < 0
    ? [{ kind: "passage", text: inside }]
    : [{ kind: "passage", text: inside.slice(0, at) }, { kind: "quote", text: quote }, { kind: "passage", text: inside.slice(at + quote.length) }];
  return [{ kind: "plain", text: text.slice(0, start) }, ...marked, { kind: "plain", text: text.slice(end) }].filter((part) => part.text);
}

export const Panel = {
  props: { citation: Object },
  emits: ["close"],
  data: () => ({ passage: null, problem: null }),
  computed: {
    parts() {
      return this.passage ? highlightedParts(this.passage, this.citation.quote) : [];
    },
    link() {
      return `/documents/${this.citation.document_id}?chunk=${this.citation.chunk_id}`;
    },
  },
  watch: { citation: { immediate: true, handler: "load" } },
  mounted() {
    this.$refs.close.focus();
  },
  methods: {
    async load() {
      const wanted = this.citation;
      this.passage = null;
      this.problem = null;
      if (!wanted.chunk_id || !wanted.document_id) {
        this.problem = { message: "This document was deleted.", remedy: wanted.quote ? `The answer quoted: “${wanted.quote}”` : "" };
        return;
      }
      try {
        const passage = await call("GET", `/documents/${wanted.document_id}/chunks/${wanted.chunk_id}`);
        if (wanted !== this.citation) return;
        this.passage = passage;
        await this.$nextTick();
        (this.$el.querySelector("mark.lx-mark-quote") || this.$el.querySelector("mark"))?.scrollIntoView({ block: "center" });
      } catch (problem) {
        if (wanted === this.citation) this.problem = problem;
      }
    },
  },
  template: `
    <aside class="lx-panel" aria-label="Source" data-testid="source-panel" @keydown.esc.stop="$emit('close')">
      <div class="lx-panel-head">
        <span v-if="citation.n" class="lx-source-n">{{ citation.n }}</span>
        <div class="lx-panel-title"><strong>{{ citation.document_name }}</strong><span v-if="citation.page">Page {{ citation.page }}</span></div>
        <a v-if="citation.document_id" class="lx-tool" :href="link" aria-label="Open document" title="Open document"><i class="lx-i lx-i-open"></i></a>
        <button ref="close" type="button" class="lx-tool" aria-label="Close source" title="Close" @click="$emit('close')"><i class="lx-i lx-i-close"></i></button>
      </div>
      <div class="lx-panel-body" tabindex="0" role="region" aria-label="Text of the page">
        <div v-if="problem" class="lx-error" role="alert"><i class="lx-i lx-i-error" aria-hidden="true"></i>
          <div><strong>{{ problem.message }}</strong><p v-if="problem.remedy">{{ problem.remedy }}</p></div></div>
        <div v-else-if="!passage" class="lx-skeleton-text" aria-hidden="true"><span></span><span></span><span></span><span></span></div>
        <p v-else class="lx-page-text"><template v-for="part in parts"><mark v-if="part.kind !== 'plain'" :class="{'lx-mark-quote': part.kind === 'quote'}">{{ part.text }}</mark><template v-else>{{ part.text }}</template></template></p>
      </div>
    </aside>`,
};
