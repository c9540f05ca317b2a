// Key figures with a sparkline each.
import { short } from "../format.js";

const WIDTH = 200;
const HEIGHT = 34;

export const Kpis = {
  props: { items: Array },
  methods: {
    short,
    path(series) {
      const top = Math.max(...series, 1);
      const step = WIDTH / Math.max(1, series.length - 1);
      return series.map((value, index) => `${index ? "L" : "M"}${(index * step).toFixed(1)} ${(HEIGHT - 3 - (value / top) * (HEIGHT - 8)).toFixed(1)}`).join("");
    },
  },
  template: `
    <div class="lx-kpis"><div v-for="item in items" :key="item.label" class="lx-card lx-kpi">
      <div class="lx-kpi-head"><span>{{ item.label }}</span><span v-if="item.chip" class="lx-chip" :class="'lx-chip-' + item.tone">{{ item.chip }}</span></div>
      <strong>{{ short(item.value) }}</strong>
      <svg v-if="item.series && item.series.length > 1" :viewBox="'0 0 ${WIDTH} ${HEIGHT}'" preserveAspectRatio="none" aria-hidden="true"><path :d="path(item.series)"/></svg>
      <p v-else-if="item.note" class="lx-kpi-note">{{ item.note }}</p></div></div>`,
};
