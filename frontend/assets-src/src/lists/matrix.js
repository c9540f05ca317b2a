// Rows by columns, with a mark where they meet: who holds what. Columns that may be changed hold check boxes.
export const Matrix = {
  props: { caption: String, columns: { type: Array, default: () => [] }, groups: { type: Array, default: () => [] } },
  emits: ["toggle"],
  methods: {
    holds(column, row) {
      return column.held.includes(row.key);
    },
    // What one does not hold oneself can be taken away, but not given.
    locked(column, row) {
      return !row.mine && !this.holds(column, row);
    },
    toggle(column, row, event) {
      this.$emit("toggle", { column: column.key, row: row.key, on: event.target.checked });
    },
  },
  template: `
    <div class="lx-matrix" tabindex="0" role="region" :aria-label="caption">
      <table>
        <caption class="lx-sr">{{ caption }}</caption>
        <thead><tr><th scope="col">Permission</th><th v-for="column in columns" :key="column.key" scope="col">{{ column.label }}</th></tr></thead>
        <tbody v-for="group in groups" :key="group.label">
          <tr class="lx-matrix-group"><th :colspan="columns.length + 1" scope="rowgroup">{{ group.label }}</th></tr>
          <tr v-for="row in group.rows" :key="row.key">
            <th scope="row">{{ row.label }}<small>{{ row.key }}</small></th>
            <td v-for="column in columns" :key="column.key">
              <input v-if="column.editable" type="checkbox" :checked="holds(column, row)" :disabled="locked(column, row)"
                     :aria-label="row.label + ': ' + column.label" :title="locked(column, row) ? 'You do not hold this yourself' : null" @change="toggle(column, row, $event)">
              <template v-else-if="holds(column, row)"><i class="lx-i lx-i-check" aria-hidden="true"></i><span class="lx-sr">yes</span></template>
              <template v-else><span class="lx-faint" aria-hidden="true">·</span><span class="lx-sr">no</span></template>
            </td>
          </tr>
        </tbody>
      </table>
    </div>`,
};
