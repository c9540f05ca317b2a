// A row of links, one of which is where one is; rows that are dragged from a list may be dropped on some of them.
import { ROWS } from "./table.js";

export const Chips = {
  props: { label: String, chips: { type: Array, default: () => [] } },
  emits: ["dropped"],
  data: () => ({ over: null }),
  methods: {
    dragged(event, chip) {
      if (!chip.droppable || !event.dataTransfer.types.includes(ROWS)) return;
      event.preventDefault();
      this.over = chip.value;
    },
    dropped(event, chip) {
      this.over = null;
      const ids = event.dataTransfer.getData(ROWS);
      if (chip.droppable && ids) this.$emit("dropped", { value: chip.value, ids: ids.split(",") });
    },
  },
  template: `
    <nav class="lx-pills" :aria-label="label">
      <a v-for="chip in chips" :key="chip.value" class="lx-pill" :class="{'lx-over': over === chip.value}" :href="chip.href" :aria-current="chip.current ? 'page' : null"
         @dragover="dragged($event, chip)" @dragleave="over = null" @drop.prevent="dropped($event, chip)">
        <i v-if="chip.icon" class="lx-i" :class="'lx-i-' + chip.icon" aria-hidden="true"></i><span>{{ chip.label }}</span><span v-if="chip.note" class="lx-sr">{{ chip.note }}</span></a>
    </nav>`,
};
