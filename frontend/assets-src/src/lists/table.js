// A list as one element: columns and rows come as data, clicks go back as events.
import { download } from "../download.js";
import { ago, moment, number, size } from "../format.js";
import { confirmation } from "../notices.js";

export const ROWS = "application/x-lx-rows";

export const Table = {
  props: {
    columns: { type: Array, default: () => [] }, rows: { type: Array, default: () => [] }, actions: { type: Array, default: () => [] },
    caption: String, more: Boolean, loading: Boolean, empty: Object, bulk: Object,
  },
  emits: ["action", "more", "choose", "bulk"],
  data: () => ({ picked: [] }),
  computed: {
    pickable() {
      return this.bulk ? this.rows.filter((row) => !row.actions || row.actions.includes(this.bulk.id)).map((row) => row.id) : [];
    },
  },
  watch: {
    rows() {
      this.picked = this.picked.filter((id) => this.pickable.includes(id));
    },
  },
  methods: {
    number, size, ago, moment,
    pickAll(event) {
      this.picked = event.target.checked ? [...this.pickable] : [];
    },
    dragged(event, row) {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData(ROWS, (this.picked.includes(row.id) ? this.picked : [row.id]).join(","));
    },
    offered(row) {
      return this.actions.filter((action) => !row.actions || row.actions.includes(action.id));
    },
    async act(action, row) {
      if (action.download) return download(action.download.replace("{id}", row.id), row.cells[this.columns[0].key]);
      if (action.confirm) {
        const { title, body } = action.confirm;
        const name = row.cells[this.columns[0].key]?.text ?? row.cells[this.columns[0].key];
        if (!(await confirmation({ title: title.replace("{name}", name), body, action: action.label, danger: action.danger }))) return undefined;
      }
      return this.$emit("action", { action: action.id, id: row.id });
    },
    share(value) {
      return value.total ? Math.min(100, Math.round((value.done / value.total) * 100)) : 0;
    },
  },
  template: `
    <div class="lx-list" :aria-busy="loading">
      <div v-if="picked.length" class="lx-picked" role="status"><span>{{ picked.length }} selected</span>
        <button type="button" class="lx-btn" @click="$emit('bulk', { ids: [...picked] })"><i class="lx-i" :class="'lx-i-' + bulk.icon" aria-hidden="true"></i><span>{{ bulk.label }}</span></button>
        <button type="button" class="lx-btn" @click="picked = []">Clear</button></div>
      <table v-if="rows.length" class="lx-rows">
        <caption class="lx-sr">{{ caption }}</caption>
        <thead><tr><th v-if="pickable.length" scope="col" class="lx-c-pick"><input type="checkbox" aria-label="Select all" :checked="picked.length === pickable.length" @change="pickAll"></th><th v-for="column in columns" :key="column.key" scope="col" :class="['lx-c-' + column.kind, column.hide ? 'lx-hide-' + column.hide : '']">{{ column.label }}</th>
          <th v-if="actions.length" scope="col" class="lx-c-actions"><span class="lx-sr">Actions</span></th></tr></thead>
        <tbody><tr v-for="row in rows" :key="row.id" :data-id="row.id" :draggable="pickable.includes(row.id) ? 'true' : null" @dragstart="dragged($event, row)">
          <td v-if="pickable.length" class="lx-c-pick"><input v-if="pickable.includes(row.id)" v-model="picked" type="checkbox" :value="row.id" :aria-label="'Select ' + row.cells[columns[0].key]"></td>
          <td v-for="column in columns" :key="column.key" :class="['lx-c-' + column.kind, column.hide ? 'lx-hide-' + column.hide : '']">
            <template v-if="column.kind === 'name'">
              <component :is="row.href ? 'a' : 'span'" class="lx-row-name" :href="row.href || null">
                <span v-if="row.icon" class="lx-row-icon" aria-hidden="true"><i class="lx-i" :class="'lx-i-' + row.icon"></i></span>
                <span v-else-if="row.initial" class="lx-row-icon" aria-hidden="true">{{ row.initial }}</span>
                <span class="lx-row-label"><span>{{ row.cells[column.key] }}</span><small v-if="row.note" :class="{'lx-bad': row.noteBad}">{{ row.note }}</small></span></component>
            </template>
            <template v-else-if="column.kind === 'state' && row.cells[column.key]">
              <span class="lx-chip" :class="'lx-chip-' + row.cells[column.key].tone">{{ row.cells[column.key].text }}</span>
              <span v-if="row.cells[column.key].progress" class="lx-meter" role="progressbar" :aria-label="row.cells[column.key].text" aria-valuemin="0" aria-valuemax="100"
                    :aria-valuenow="share(row.cells[column.key].progress)"><span :style="{width: share(row.cells[column.key].progress) + '%'}"></span></span>
            </template>
            <select v-else-if="column.kind === 'choice' && row.cells[column.key].options" class="lx-select lx-select-small" :aria-label="column.label + ': ' + row.cells[columns[0].key]" :value="row.cells[column.key].value"
                    @change="$emit('choose', {id: row.id, value: $event.target.value})"><option v-for="option in row.cells[column.key].options" :key="option.value" :value="option.value">{{ option.label }}</option></select>
            <template v-else-if="column.kind === 'choice'">{{ row.cells[column.key].label }}</template>
            <template v-else-if="row.cells[column.key] === null || row.cells[column.key] === undefined"><span class="lx-faint">–</span></template>
            <time v-else-if="column.kind === 'time'" :datetime="row.cells[column.key]" :title="moment(row.cells[column.key])">{{ ago(row.cells[column.key]) }}</time>
            <template v-else-if="column.kind === 'number'">{{ number(row.cells[column.key]) }}</template>
            <template v-else-if="column.kind === 'size'">{{ size(row.cells[column.key]) }}</template>
            <span v-else-if="column.kind === 'chip'" class="lx-chip">{{ row.cells[column.key] }}</span>
            <template v-else>{{ row.cells[column.key] }}</template>
          </td>
          <td v-if="actions.length" class="lx-c-actions"><span class="lx-row-actions">
            <template v-for="action in offered(row)" :key="action.id">
              <button type="button" class="lx-tool" :aria-label="action.label + ' ' + row.cells[columns[0].key]" :title="action.label" @click="act(action, row)"><i class="lx-i" :class="'lx-i-' + action.icon"></i></button>
            </template></span></td>
        </tr></tbody>
      </table>
      <div v-else-if="loading" class="lx-skeleton-rows" aria-hidden="true"><span v-for="n in 5" :key="n"></span></div>
      <div v-else-if="empty" class="lx-empty"><i class="lx-i" :class="'lx-i-' + empty.icon" aria-hidden="true"></i><h2>{{ empty.title }}</h2><p>{{ empty.text }}</p>
        <a v-if="empty.href" class="lx-btn lx-btn-primary" :href="empty.href">{{ empty.action }}</a></div>
      <div v-if="more" class="lx-more"><button type="button" class="lx-btn" :disabled="loading" @click="$emit('more')">Show more</button></div>
    </div>`,
};
