// A document's extracted text, page by page, and its chunks; ?chunk= opens on the passage and marks it.
import { call } from "../http.js";
import { toastProblem } from "../notices.js";
import { highlightedParts } from "../thread/panel.js";

const BATCH = 5;

export const Reader = {
  props: { documentId: String, chunkId: String, pages: Number },
  data: () => ({ tab: "text", loaded: [], first: 1, next: 1, passage: null, chunks: null, cursor: null, busy: false, problem: null }),
  computed: {
    before() {
      return this.first > 1;
    },
  },
  watch: {
    chunkId() {
      this.start();
    },
  },
  mounted() {
    this.start();
  },
  methods: {
    async start() {
      this.problem = null;
      this.passage = null;
      try {
        if (this.chunkId) this.passage = await call("GET", `/documents/${this.documentId}/chunks/${this.chunkId}`);
        await this.jump(this.passage?.page || 1);
      } catch (problem) {
        this.problem = problem;
      }
    },
    async jump(page) {
      Object.assign(this, { loaded: [], first: page, next: page });
      await this.load();
      await this.$nextTick();
      this.$el.querySelector("mark")?.scrollIntoView({ block: "center" });
    },
    fetchPages(from, limit) {
      return call("GET", `/documents/${this.documentId}/pages`, { query: { from, limit } });
    },
    async load() {
      this.busy = true;
      try {
        const page = await this.fetchPages(this.next, BATCH);
        this.loaded.push(...page.items);
        this.next = page.next_page;
      } finally {
        this.busy = false;
      }
    },
    async loadBefore() {
      const from = Math.max(1, this.first - BATCH);
      this.busy = true;
      try {
        const page = await this.fetchPages(from, this.first - from);
        this.loaded.unshift(...page.items.filter((item) => item.page < this.first));
        this.first = from;
      } catch (problem) {
        toastProblem(problem);
      } finally {
        this.busy = false;
      }
    },
    more() {
      this.load().catch(toastProblem);
    },
    parts(page) {
      if (!this.passage || page.page !== this.passage.page) return [{ kind: "plain", text: page.text }];
      return highlightedParts({ ...this.passage, page_text: page.text });
    },
    async showChunks() {
      this.tab = "chunks";
      if (this.chunks === null) await this.moreChunks();
    },
    async moreChunks() {
      this.busy = true;
      try {
        const page = await call("GET", `/documents/${this.documentId}/chunks`, { query: { cursor: this.cursor } });
        this.chunks = [...(this.chunks || []), ...page.items];
        this.cursor = page.next_cursor || null;
      } catch (problem) {
        toastProblem(problem);
      } finally {
        this.busy = false;
      }
    },
  },
  template: `
    <div class="lx-reader">
      <div class="lx-reader-bar"><div class="lx-segments" role="group" aria-label="View">
          <button type="button" :aria-pressed="tab === 'text'" @click="tab = 'text'">Text</button>
          <button type="button" :aria-pressed="tab === 'chunks'" @click="showChunks">Passages</button></div>
        <label v-if="tab === 'text' && pages > 1" class="lx-reader-page">Page <select class="lx-select lx-select-small" :value="first" @change="jump(Number($event.target.value))">
          <option v-for="page in pages" :key="page" :value="page">{{ page }}</option></select> of {{ pages }}</label></div>
      <div v-if="problem" class="lx-error" role="alert"><i class="lx-i lx-i-error" aria-hidden="true"></i><div><strong>{{ problem.message }}</strong><p v-if="problem.remedy">{{ problem.remedy }}</p></div></div>
      <template v-else-if="tab === 'text'">
        <button v-if="before && loaded.length" type="button" class="lx-btn lx-reader-more" :disabled="busy" @click="loadBefore">Show earlier pages</button>
        <section v-for="page in loaded" :key="page.page" class="lx-sheet" :aria-label="'Page ' + page.page">
          <h2 class="lx-sheet-head">Page {{ page.page }}</h2>
          <p v-if="page.text" class="lx-page-text"><template v-for="part in parts(page)"><mark v-if="part.kind !== 'plain'" data-testid="passage">{{ part.text }}</mark><template v-else>{{ part.text }}</template></template></p>
          <p v-else class="lx-faint">No text on this page.</p></section>
        <div v-if="busy" class="lx-skeleton-text" aria-hidden="true"><span></span><span></span><span></span></div>
        <p v-else-if="!loaded.length" class="lx-faint">No text has been extracted.</p>
        <button v-if="!busy && next && loaded.length" type="button" class="lx-btn lx-reader-more" @click="more">Show more pages</button>
      </template>
      <template v-else>
        <ol class="lx-chunks"><li v-for="chunk in chunks" :key="chunk.id" class="lx-sheet"><span class="lx-sheet-head">Passage {{ chunk.ordinal + 1 }} · page {{ chunk.page }}<template v-if="chunk.context"> · {{ chunk.context }}</template></span>
          <p class="lx-page-text">{{ chunk.text }}</p></li></ol>
        <div v-if="busy" class="lx-skeleton-text" aria-hidden="true"><span></span><span></span><span></span></div>
        <p v-else-if="chunks && !chunks.length" class="lx-faint">No passages yet: the document is still being processed, or it has no text.</p>
        <button v-if="cursor && !busy" type="button" class="lx-btn lx-reader-more" @click="moreChunks">Show more passages</button>
      </template>
    </div>`,
};
