// A form as one element: native, labelled fields; the values go to the server page as one event.
export const Form = {
  props: { fields: Array, submitLabel: String, busy: Boolean, problem: Object, inline: Boolean, extra: Object },
  emits: ["submit", "extra", "change"],
  data() {
    return { values: this.initial() };
  },
  watch: {
    fields: { deep: true, handler() { this.values = { ...this.initial(), ...this.kept() }; } },
  },
  created() {
    // What was typed since the server was last told something: its answer to that must not overwrite it.
    this.typed = new Set();
  },
  methods: {
    initial() {
      return Object.fromEntries(this.fields.map((field) => [field.name, field.value ?? ""]));
    },
    kept() {
      const names = new Set(this.fields.filter((field) => !field.replace || this.typed.has(field.name)).map((field) => field.name));
      return Object.fromEntries(Object.entries(this.values).filter(([name, value]) => names.has(name) && value !== ""));
    },
    changed(field) {
      if (!field.notify) return;
      this.typed.clear();
      this.$emit("change", { name: field.name, value: this.values[field.name] });
    },
    submit() {
      this.typed.clear();
      this.$emit("submit", { ...this.values });
    },
    id(field) {
      return `lx-f-${this.$.uid}-${field.name}`;
    },
    error(field) {
      return (this.problem?.errors || []).find((error) => error.field.split(".").pop() === field.name)?.message;
    },
    submitExtra() {
      if (!this.$refs.form.reportValidity()) return;
      this.typed.clear();
      this.$emit("extra", { ...this.values });
    },
  },
  template: `
    <form ref="form" class="lx-form" :class="{'lx-form-inline': inline}" @submit.prevent="submit">
      <div v-for="field in fields" :key="field.name" class="lx-field">
        <label :for="id(field)">{{ field.label }}<span v-if="field.optional" class="lx-faint"> optional</span></label>
        <select v-if="field.kind === 'select'" :id="id(field)" v-model="values[field.name]" class="lx-select" :required="!field.optional" @change="changed(field)">
          <option v-for="option in field.options" :key="option.value" :value="option.value">{{ option.label }}</option></select>
        <textarea v-else-if="field.kind === 'area'" :id="id(field)" v-model="values[field.name]" class="lx-input lx-textarea" rows="3" :required="!field.optional" :maxlength="field.maxLength || 8000" :aria-describedby="field.hint || error(field) ? id(field) + '-hint' : null"
                  :aria-invalid="error(field) ? 'true' : null" @input="typed.add(field.name)"></textarea>
        <input v-else :id="id(field)" v-model="values[field.name]" class="lx-input" :type="field.kind || 'text'" :required="!field.optional" :placeholder="field.example || null"
               :autocomplete="field.autocomplete || 'off'" :minlength="field.minLength || null" :maxlength="field.maxLength || 400" :aria-describedby="field.hint || error(field) ? id(field) + '-hint' : null"
               @input="typed.add(field.name)" :aria-invalid="error(field) ? 'true' : null" spellcheck="false">
        <p v-if="error(field) || field.hint" :id="id(field) + '-hint'" class="lx-hint" :class="{'lx-bad': error(field)}">{{ error(field) || field.hint }}</p>
      </div>
      <div v-if="problem" class="lx-error" role="alert"><i class="lx-i lx-i-error" aria-hidden="true"></i>
        <div><strong>{{ problem.detail }}</strong><p v-if="problem.remedy">{{ problem.remedy }}</p><p v-if="problem.request_id" class="lx-error-id">Request <code>{{ problem.request_id }}</code></p></div></div>
      <slot></slot>
      <div class="lx-form-foot">
        <button v-if="extra" type="button" class="lx-btn" :disabled="busy" @click="submitExtra"><i v-if="extra.icon" class="lx-i" :class="'lx-i-' + extra.icon" aria-hidden="true"></i>{{ extra.label }}</button>
        <button type="submit" class="lx-btn lx-btn-primary" :disabled="busy">{{ submitLabel }}</button>
      </div>
    </form>`,
};
