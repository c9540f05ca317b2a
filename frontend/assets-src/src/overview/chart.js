// Input and output tokens per day as a stacked area, in plain SVG drawn at the size it has on the page.
import { dayLabel, short } from "../format.js";

const HEIGHT = 236;
const LEFT = 44;
const RIGHT = 8;
const TOP = 8;
const BASE = HEIGHT - 24;
const LABEL_WIDTH = 96;

function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 10)));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((top) => top >= value);
}

// Control points half a step away keep the curve between its points.
function smooth(points) {
  return points.map(([x, y], index) => {
    if (!index) return `M${x} ${y}`;
    const [px, py] = points[index - 1];
    const half = (px + x) / 2;
    return `C${half} ${py} ${half} ${y} ${x} ${y}`;
  }).join("");
}

export const Chart = {
  props: { days: Array },
  data: () => ({ at: -1, width: 720, height: HEIGHT, left: LEFT, right: RIGHT, top: TOP, base: BASE }),
  computed: {
    ceiling() {
      return niceTop(Math.max(...this.days.map((day) => day.input + day.output), 1));
    },
    ticks() {
      return [0, 0.25, 0.5, 0.75, 1].map((share) => ({ y: this.y(this.ceiling * share), label: short(this.ceiling * share) }));
    },
    labels() {
      const fitting = Math.max(2, Math.floor((this.width - LEFT) / LABEL_WIDTH));
      const step = Math.max(1, Math.ceil(this.days.length / fitting));
      return this.days.map((day, index) => ({ x: this.x(index), label: dayLabel(day.day), index })).filter((label) => label.index % step === 0);
    },
    shapes() {
      const series = { output: this.days.map((day) => day.input + day.output), input: this.days.map((day) => day.input) };
      return Object.entries(series).map(([name, values]) => {
        const line = smooth(values.map((value, index) => [this.x(index), this.y(value)]));
        return { name, line, area: `${line}L${this.x(values.length - 1)} ${BASE}L${this.x(0)} ${BASE}Z` };
      });
    },
    point() {
      return this.at >= 0 ? this.days[this.at] : null;
    },
    summary() {
      const sum = (key) => short(this.days.reduce((total, day) => total + day[key], 0));
      return `Tokens per day over ${this.days.length} days: ${sum("input")} input and ${sum("output")} output in total.`;
    },
  },
  mounted() {
    this.watcher = new ResizeObserver(([entry]) => { this.width = Math.max(240, Math.round(entry.contentRect.width)); });
    this.watcher.observe(this.$el);
  },
  beforeUnmount() {
    this.watcher.disconnect();
  },
  methods: {
    short, dayLabel,
    x(index) {
      return Math.round((LEFT + (index * (this.width - LEFT - RIGHT)) / Math.max(1, this.days.length - 1)) * 10) / 10;
    },
    y(value) {
      return Math.round((BASE - (value / this.ceiling) * (BASE - TOP)) * 10) / 10;
    },
    hover(event) {
      const x = event.clientX - this.$refs.svg.getBoundingClientRect().left;
      const share = (x - LEFT) / (this.width - LEFT - RIGHT);
      this.at = Math.max(0, Math.min(this.days.length - 1, Math.round(share * (this.days.length - 1))));
    },
  },
  template: `
    <div class="lx-chart" @pointermove="hover" @pointerleave="at = -1">
      <div class="lx-legend"><span class="lx-legend-input">Input</span><span class="lx-legend-output">Output</span>
        <span v-if="point" class="lx-legend-point">{{ dayLabel(point.day) }}: {{ short(point.input) }} in, {{ short(point.output) }} out</span></div>
      <svg ref="svg" :width="width" :height="height" :viewBox="'0 0 ' + width + ' ' + height" role="img" :aria-label="summary">
        <g class="lx-chart-grid"><template v-for="tick in ticks" :key="tick.y"><line :x1="left" :x2="width - right" :y1="tick.y" :y2="tick.y"/><text :x="left - 8" :y="tick.y + 4" text-anchor="end">{{ tick.label }}</text></template>
          <text v-for="label in labels" :key="label.index" :x="label.x" :y="height - 6" :text-anchor="label.index === 0 ? 'start' : 'middle'">{{ label.label }}</text></g>
        <g v-for="shape in shapes" :key="shape.name" :class="'lx-area-' + shape.name"><path class="lx-area" :d="shape.area"/><path class="lx-line" :d="shape.line"/></g>
        <line v-if="point" class="lx-chart-cursor" :x1="x(at)" :x2="x(at)" :y1="top" :y2="base"/>
      </svg>
    </div>`,
};
