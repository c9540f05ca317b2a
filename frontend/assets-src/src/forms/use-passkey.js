// Shows a passkey of the person who is signed in: a proof once more that it is them.
import { passkeyProblem, passkeysAreUsable, showPasskey } from "../passkeys.js";

export const UsePasskey = {
  props: { label: String },
  emits: ["confirmed"],
  data: () => ({ busy: false, problem: null, usable: passkeysAreUsable() }),
  methods: {
    async use() {
      this.busy = true;
      this.problem = null;
      try {
        await showPasskey("/auth/confirm/passkey");
        this.$emit("confirmed");
      } catch (error) {
        this.problem = passkeyProblem(error);
      }
      this.busy = false;
    },
  },
  template: `
    <div v-if="usable" class="lx-stack">
      <button type="button" class="lx-btn" :disabled="busy" @click="use"><i class="lx-i lx-i-key" aria-hidden="true"></i><span>{{ label }}</span></button>
      <div v-if="problem" class="lx-error" role="alert"><i class="lx-i lx-i-error" aria-hidden="true"></i><div><strong>{{ problem.detail }}</strong><p v-if="problem.remedy">{{ problem.remedy }}</p></div></div>
    </div>`,
};
