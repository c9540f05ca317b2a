// One question: its text, which its owner can ask otherwise, and its versions.
import { copyText } from "../browser.js";
import { Versions } from "./versions.js";

export const Question = {
  components: { Versions },
  props: { message: Object, owned: Boolean, busy: Boolean },
  emits: ["again", "show"],
  data: () => ({ editing: false, text: "", copied: false }),
  methods: {
    async edit() {
      Object.assign(this, { editing: true, text: this.message.text });
      await this.$nextTick();
      this.$refs.box.focus();
    },
    async leave() {
      this.editing = false;
      await this.$nextTick();
      this.$refs.edit?.focus();
    },
    save() {
      const text = this.text.trim();
      if (!text || this.busy) return;
      this.editing = false;
      this.$emit("again", this.message, text);
    },
    async copy() {
      await copyText(this.message.text);
      this.copied = true;
      setTimeout(() => { this.copied = false; }, 1500);
    },
  },
  template: `
    <div class="lx-question" data-testid="asked" :data-message="message.id">
      <form v-if="editing" class="lx-question-edit" aria-label="Ask it otherwise" @submit.prevent="save" @keydown.esc.stop="leave">
        <textarea ref="box" v-model="text" rows="3" maxlength="8000" aria-label="The question" @keydown.enter.exact.prevent="save"></textarea>
        <p class="lx-question-hint">The answers below stay, as another version.</p>
        <div class="lx-question-acts"><button type="button" class="lx-btn" @click="leave">Cancel</button><button type="submit" class="lx-btn lx-btn-primary" :disabled="busy || !text.trim()">Ask</button></div>
      </form>
      <template v-else>
        <div class="lx-bubble">{{ message.text }}</div>
        <div class="lx-question-tools">
          <button type="button" class="lx-tool" @click="copy" :aria-label="copied ? 'Copied' : 'Copy question'" :title="copied ? 'Copied' : 'Copy question'"><i class="lx-i" :class="copied ? 'lx-i-check' : 'lx-i-copy'"></i></button>
          <button v-if="owned && message.id" ref="edit" type="button" class="lx-tool" aria-label="Ask it otherwise" title="Edit" :disabled="busy" @click="edit"><i class="lx-i lx-i-edit"></i></button>
          <Versions :message="message" :busy="busy" @show="$emit('show', $event)" />
        </div>
      </template>
    </div>`,
};
