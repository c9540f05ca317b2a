// Where a message has others in its place: which of them is shown, and the ways to the ones before and after it.
export const Versions = {
  props: { message: Object, busy: Boolean },
  emits: ["show"],
  computed: {
    at() {
      return this.message.versions.indexOf(this.message.id);
    },
  },
  methods: {
    go(step, event) {
      this.$emit("show", { message: this.message, id: this.message.versions[this.at + step], step, element: event.currentTarget });
    },
  },
  template: `
    <span v-if="message.versions.length > 1 && at >= 0" class="lx-versions" role="group" aria-label="Versions" data-testid="versions">
      <button type="button" class="lx-tool" data-step="-1" aria-label="Earlier version" title="Earlier version" :disabled="busy || at === 0" @click="go(-1, $event)"><i class="lx-i lx-i-left"></i></button>
      <span class="lx-versions-at"><span aria-hidden="true">{{ at + 1 }} / {{ message.versions.length }}</span><span class="lx-sr">Version {{ at + 1 }} of {{ message.versions.length }}</span></span>
      <button type="button" class="lx-tool" data-step="1" aria-label="Later version" title="Later version" :disabled="busy || at === message.versions.length - 1" @click="go(1, $event)"><i class="lx-i lx-i-right"></i></button>
    </span>`,
};
