// Search results: the passage, where it is, how well it fits.
export const Hits = {
  props: { hits: Array, query: String, loading: Boolean },
  methods: {
    parts(text) {
      const words = [...new Set((this.query || "").toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) || [])];
      if (!words.length) return [{ text, hit: false }];
      const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^$()|[\]\\{}]/g, "\\$&")).join("|")})`, "giu");
      return text.split(pattern).filter(Boolean).map((part) => ({ text: part, hit: words.includes(part.toLowerCase()) }));
    },
    link(hit) {
      return `/documents/${hit.document_id}?chunk=${hit.chunk_id}`;
    },
  },
  template: `
    <div :aria-busy="loading">
      <div v-if="loading" class="lx-skeleton-rows" aria-hidden="true"><span v-for="n in 4" :key="n"></span></div>
      <ol v-else-if="hits && hits.length" class="lx-hits">
        <li v-for="(hit, index) in hits" :key="hit.chunk_id"><a class="lx-hit" :href="link(hit)">
          <span class="lx-source-head"><span class="lx-source-n">{{ index + 1 }}</span><span class="lx-source-name">{{ hit.document_name }}</span>
            <span class="lx-source-page">p. {{ hit.page }}</span></span>
          <span v-if="hit.context" class="lx-hit-context">{{ hit.context }}</span>
          <span class="lx-hit-text"><template v-for="part in parts(hit.text)"><mark v-if="part.hit">{{ part.text }}</mark><template v-else>{{ part.text }}</template></template></span></a></li>
      </ol>
      <div v-else-if="hits" class="lx-empty"><i class="lx-i lx-i-search" aria-hidden="true"></i><h2>Nothing found</h2><p>No passage matches “{{ query }}”. Try other words, or add the document that should answer it.</p></div>
    </div>`,
};
