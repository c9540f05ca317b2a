// Adds a passkey: the browser makes it, and what it says goes straight to the API.
import { makePasskey, passkeyProblem, passkeysAreUsable, post } from "../passkeys.js";

export const AddPasskey = {
  emits: ["added", "refused"],
  data: () => ({ name: "", busy: false, problem: null, usable: passkeysAreUsable() }),
  mounted() {
    this.name = navigator.userAgentData?.platform || "";
  },
  methods: {
    async add() {
      this.busy = true;
      this.problem = null;
      try {
        const credential = await makePasskey();
        const added = await post("/me/passkeys", { name: this.name, credential });
        this.$emit("added", { codes: added.recovery_codes });
      } catch (error) {
        this.problem = passkeyProblem(error);
        if (this.problem?.code) this.$emit("refused", { code: this.problem.code });
      }
      this.busy = false;
    },
  },
  template: `
    <div class="lx-contents">
      <p v-if="!usable" class="lx-muted">Browsers allow passkeys at https:// addresses and at localhost only. Open this page at such an address of this server.</p>
      <form v-else class="lx-form" @submit.prevent="add">
        <div class="lx-field"><label :for="'lx-passkey-' + $.uid">Name</label>
          <input :id="'lx-passkey-' + $.uid" v-model="name" class="lx-input" required maxlength="60" autocomplete="off" :aria-describedby="'lx-passkey-hint-' + $.uid" spellcheck="false">
          <p :id="'lx-passkey-hint-' + $.uid" class="lx-hint">To tell it apart by, such as the device that holds it.</p></div>
        <div v-if="problem" class="lx-error" role="alert"><i class="lx-i lx-i-error" aria-hidden="true"></i><div><strong>{{ problem.detail }}</strong><p v-if="problem.remedy">{{ problem.remedy }}</p></div></div>
        <div class="lx-form-foot"><button type="submit" class="lx-btn lx-btn-primary" :disabled="busy">Add passkey</button></div>
      </form>
    </div>`,
};
