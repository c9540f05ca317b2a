// Where a question is written: grows with its text, keeps drafts in the browser, sends on Enter. While an answer is
// written, Enter lets the question wait for its end, and Ctrl or Cmd with Enter tells it to the answer itself.
const LIMIT = 8000;

function draftKey(conversationId) {
  return `lx-draft-${conversationId || "new"}`;
}

export const Composer = {
  props: { conversationId: String, models: Array, model: String, collections: Array, asked: Array, tools: Array, using: Array, busy: Boolean, stopping: Boolean },
  emits: ["send", "queue", "steer", "stop", "update:model", "update:asked", "update:using"],
  data: () => ({ text: "", limit: LIMIT }),
  computed: {
    chosen() {
      return this.models.find((model) => model.id === this.model);
    },
    askedLabel() {
      if (!this.asked.length) return "All documents";
      const names = this.asked.map((id) => this.collections.find((one) => one.id === id)?.name ?? "A collection you can’t see");
      return names.length > 1 ? `${names[0]} and ${names.length - 1} more` : names[0];
    },
    usingLabel() {
      if (!this.using.length) return "No tools";
      return this.using.length > 1 ? `${this.using.length} tools` : this.tools.find((tool) => tool.name === this.using[0])?.label ?? "1 tool";
    },
    placeholder() {
      return this.busy ? "What comes next?" : "Ask about your documents…";
    },
    modelNote() {
      if (this.busy) return `Enter: next question. ${navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl"}+Enter: tell this answer. Esc: stop.`;
      return this.chosen?.small ? "Small built-in model: fine for a first look, weak at hard questions." : "Answers cite your documents. Check what matters.";
    },
  },
  watch: {
    conversationId: { immediate: true, handler(id, before) { if (!(id && before === "")) this.text = localStorage.getItem(draftKey(id)) || ""; this.fit(); } },
    text(text) {
      if (text) localStorage.setItem(draftKey(this.conversationId), text);
      else localStorage.removeItem(draftKey(this.conversationId));
      this.fit();
    },
  },
  mounted() {
    this.fit();
    if (matchMedia("(min-width: 1024px)").matches) this.$refs.box.focus();
  },
  methods: {
    toggle(id) {
      this.$emit("update:asked", this.asked.includes(id) ? this.asked.filter((other) => other !== id) : [...this.asked, id]);
    },
    toggleTool(name) {
      this.$emit("update:using", this.using.includes(name) ? this.using.filter((other) => other !== name) : [...this.using, name]);
    },
    closeScope(event) {
      const scope = event.currentTarget;
      if (event.type === "keydown" || !scope.contains(event.relatedTarget)) scope.open = false;
      if (event.type === "keydown") scope.querySelector("summary").focus();
    },
    async fit() {
      await this.$nextTick();
      const box = this.$refs.box;
      if (!box) return;
      box.style.height = "auto";
      box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    },
    keydown(event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send({ steers: this.busy && (event.ctrlKey || event.metaKey) });
    },
    send({ steers = false } = {}) {
      const question = this.text.trim();
      if (!question) return;
      this.text = "";
      localStorage.removeItem(draftKey(this.conversationId));
      this.$emit(steers ? "steer" : this.busy ? "queue" : "send", question);
      this.$refs.box.focus();
    },
    // What could not be sent comes back, unless something else is being written.
    giveBack(text) {
      if (!this.text) this.text = text;
    },
    // The question stands above with its error; the draft brings it back after a reload.
    keepDraft(question) {
      if (!this.text) localStorage.setItem(draftKey(this.conversationId), question);
    },
  },
  template: `
    <form class="lx-composer" :class="{'lx-composer-busy': busy && text.trim()}" @submit.prevent="send()">
      <div class="lx-composer-box">
        <textarea ref="box" v-model="text" rows="1" :maxlength="limit" aria-label="Your question" :placeholder="placeholder"
                  data-testid="question" @keydown="keydown"></textarea>
        <div class="lx-composer-foot">
          <a class="lx-tool" href="/documents" aria-label="Add documents" title="Add documents"><i class="lx-i lx-i-plus"></i></a>
          <span v-if="models.length === 1" class="lx-model-one"><i class="lx-i lx-i-model" aria-hidden="true"></i>{{ models[0].label }}</span>
          <span v-else-if="models.length" class="lx-model-pick"><i class="lx-i lx-i-model" aria-hidden="true"></i>
            <select :value="model" aria-label="Model" @change="$emit('update:model', $event.target.value)">
              <option v-for="item in models" :key="item.id" :value="item.id">{{ item.label }}</option></select></span>
          <details v-if="tools.length && !chosen?.small" class="lx-scope" data-testid="tools-scope" @focusout="closeScope" @keydown.esc.stop="closeScope">
            <summary :aria-label="'Tools: ' + usingLabel" title="What the model may use"><i class="lx-i lx-i-plug" aria-hidden="true"></i><span>{{ usingLabel }}</span></summary>
            <fieldset class="lx-scope-list" tabindex="-1"><legend>The model may use</legend>
              <label v-for="tool in tools" :key="tool.name"><input type="checkbox" :checked="using.includes(tool.name)" @change="toggleTool(tool.name)"><span>{{ tool.label }}</span></label>
            </fieldset></details>
          <details v-if="collections.length || asked.length" class="lx-scope" @focusout="closeScope" @keydown.esc.stop="closeScope">
            <summary :aria-label="'Asks: ' + askedLabel" title="What is asked"><i class="lx-i lx-i-folder" aria-hidden="true"></i><span>{{ askedLabel }}</span></summary>
            <fieldset class="lx-scope-list" tabindex="-1"><legend>Ask</legend>
              <label><input type="checkbox" :checked="!asked.length" :disabled="!asked.length" @change="$emit('update:asked', [])">All documents</label>
              <label v-for="one in collections" :key="one.id"><input type="checkbox" :checked="asked.includes(one.id)" @change="toggle(one.id)"><span>{{ one.name }}</span></label>
            </fieldset></details>
          <span class="lx-grow"></span>
          <button v-if="busy" type="button" class="lx-send lx-send-stop" :disabled="stopping" aria-label="Stop the answer" title="Stop" @click="$emit('stop')">
            <i class="lx-i lx-i-stop"></i></button>
          <button v-if="busy && text.trim()" type="button" class="lx-tool" aria-label="Tell this answer" title="Tell this answer (Ctrl+Enter)" @click="send({ steers: true })"><i class="lx-i lx-i-steer"></i></button>
          <button v-if="busy && text.trim()" type="submit" class="lx-send" aria-label="Ask next" title="Ask next (Enter)"><i class="lx-i lx-i-queue"></i></button>
          <button v-if="!busy" type="submit" class="lx-send" :disabled="!text.trim()" aria-label="Send" title="Send"><i class="lx-i lx-i-send"></i></button>
        </div>
      </div>
      <p class="lx-composer-note">{{ modelNote }}</p>
    </form>`,
};
