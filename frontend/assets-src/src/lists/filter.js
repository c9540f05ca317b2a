// Narrows a list: words as they are typed, and one choice.
const PAUSE = 220;

export const Filter = {
  props: { label: String, options: { type: Array, default: () => [] }, optionsLabel: String },
  emits: ["change"],
  data: () => ({ query: "", choice: "" }),
  methods: {
    typed() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.tell(), PAUSE);
    },
    tell() {
      clearTimeout(this.timer);
      this.$emit("change", { query: this.query.trim(), choice: this.choice });
    },
  },
  template: `
    <div class="lx-list-bar" role="search">
      <input v-model="query" class="lx-input" type="search" :placeholder="label" :aria-label="label" @input="typed" @keydown.enter="tell">
      <select v-if="options.length" v-model="choice" class="lx-select lx-select-small" :aria-label="optionsLabel" @change="tell"><option v-for="option in options" :key="option.value" :value="option.value">{{ option.label }}</option></select>
    </div>`,
};
