// A secret that is shown once: to be selected, or copied with one click.
import { copyText } from "../browser.js";

export const Secret = {
  props: { value: String, label: String },
  data: () => ({ copied: false }),
  methods: {
    async copy() {
      await copyText(this.value);
      this.copied = true;
      setTimeout(() => { this.copied = false; }, 1500);
    },
  },
  template: `
    <div class="lx-secret-row">
      <code class="lx-secret" data-testid="secret" :aria-label="label">{{ value }}</code>
      <button type="button" class="lx-btn" @click="copy">
        <i class="lx-i" :class="copied ? 'lx-i-check' : 'lx-i-copy'" aria-hidden="true"></i>
        <span aria-live="polite">{{ copied ? "Copied" : "Copy" }}</span>
      </button>
    </div>`,
};
