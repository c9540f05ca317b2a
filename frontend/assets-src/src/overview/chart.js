// Input and output tokens per day as a stacked area, in plain SVG.
import { dayLabel, short } from "../format.js";

const WIDTH = 720;
const HEIGHT = 230;
const LEFT = 44;
const BOTTOM = 24;
const TOP = 8;

function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 10)));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((top) => top >= value);
}

// Monotone-ish smoothing: control points at half a step keep the curve between its points.
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
  data: () => ({ at: -1 }),
  computed: {
    top() {
      return niceTop(Math.max(...this.days.map((day) => day.input + day.output), 1));
    },
    ticks() {
      return [0, 0.25, 0.5, 0.75, 1].map((share) => ({ y: this.y(this.top * share), label: short(this.top * share) }));
    },
    labels() {
      const step = Math.max(1, Math.ceil(this.days.length / 5));
      return this.days.map((day, index) => ({ x: this.x(index), label: dayLabel(day.day), index })).filter((label) => label.index % step === 0);
    },
    shapes() {
      return [{ name: "output", values: this.days.map((day) => day.input + day.output) }, { name: "input", values: this.days.map((day) => day.input) }].map((series) => {
        const line = smooth(series.values.map((value, index) => [this.x(index), this.y(value)]));
        return { ...series, line, area: `${line}L${this.x(this.days.length - 1)} ${this.y(0)}L${this.x(0)} ${this.y(0)}Z` };
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
  methods: {
    short, dayLabel,
    x(index) {
      return LEFT + (index * (WIDTH - LEFT - 8)) / Math.max(1, this.days.length - 1);
    },
    y(value) {
      return HEIGHT - BOTTOM - (value / this.top) * (HEIGHT - BOTTOM - TOP);
    },
    hover(event) {
      const box = this.$refs.svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * WIDTH;
      this.at = Math.max(0, Math.min(this.days.length - 1, Math.round(((x - LEFT) / (WIDTH - LEFT - 8)) * (this.days.length - 1))));
    },
  },
  template: `
    <div class="lx-chart" @pointermove="hover" @pointerleave="at = -1">
      <div class="lx-legend"><span class="lx-legend-input">Input</span><span class="lx-legend-output">Output</span>
        <span v-if="point" class="lx-legend-point">{{ dayLabel(point.day) }}: {{ short(point.input) }} in, {{ short(point.output) }} out</span></div>
      <svg ref="svg" :viewBox="'0 0 ${WIDTH} ${HEIGHT}'" role="img" :aria-label="summary">
        <g class="lx-chart-grid"><template v-for="tick in ticks" :key="tick.y"><line x1="${LEFT}" x2="${WIDTH - 8}" :y1="tick.y" :y2="tick.y"/><text x="${LEFT - 8}" :y="tick.y + 4" text-anchor="end">{{ tick.label }}</text></template>
          <text v-for="label in labels" :key="label.index" :x="label.x" y="${HEIGHT - 6}" :text-anchor="label.index === 0 ? 'start' : 'middle'">{{ label.label }}</text></g>
        <g v-for="shape in shapes" :key="shape.name" :class="'lx-area-' + shape.name"><path class="lx-area" :d="shape.area"/><path class="lx-line" :d="shape.line"/></g>
        <line v-if="point" class="lx-chart-cursor" :x1="x(at)" :x2="x(at)" y1="${TOP}" :y2="y(0)"/>
      </svg>
    </div>`,
};
