// Shares of a whole as labelled bars.
import { short } from "../format.js";

export const Bars = {
  props: { items: Array, unit: String },
  computed: {
    total() {
      return this.items.reduce((sum, item) => sum + item.value, 0) || 1;
    },
  },
  methods: {
    short,
    share(item) {
      return Math.round((item.value / this.total) * 100);
    },
  },
  template: `
    <ul class="lx-bars"><li v-for="item in items" :key="item.label"><span class="lx-bar-label">{{ item.label }}</span><span class="lx-bar-value" :title="short(item.value) + ' ' + unit">{{ share(item) }} %</span>
      <span class="lx-meter" aria-hidden="true"><span :style="{width: share(item) + '%'}"></span></span></li></ul>`,
};
