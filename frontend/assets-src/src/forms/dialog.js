// A native modal dialog around content that the server page builds.
export const Dialog = {
  props: { open: Boolean, heading: String, text: String, wide: Boolean, broad: Boolean },
  emits: ["closed"],
  watch: { open: "sync" },
  mounted() {
    this.sync();
  },
  methods: {
    sync() {
      const dialog = this.$refs.dialog;
      if (this.open && !dialog.open) dialog.showModal();
      if (!this.open && dialog.open) dialog.close();
    },
  },
  template: `
    <div class="lx-contents"><dialog ref="dialog" class="lx-dialog" :class="{'lx-dialog-wide': wide, 'lx-dialog-broad': broad}" :aria-label="heading" @close="$emit('closed')">
      <div class="lx-dialog-body"><div class="lx-dialog-head"><h2 class="lx-dialog-title">{{ heading }}</h2>
        <button type="button" class="lx-tool" aria-label="Close" @click="$refs.dialog.close()"><i class="lx-i lx-i-close"></i></button></div>
        <p v-if="text" class="lx-muted">{{ text }}</p><slot></slot></div>
    </dialog></div>`,
};
