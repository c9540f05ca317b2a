// The banner of support access: to the operator, where they are and for how long; to who may see it, that they can come in.
import { UNATTENDED, call } from "../http.js";
import { moment } from "../format.js";
import { confirmation, toastProblem } from "../notices.js";

const LOOK_SECONDS = 20;
const STANDING_SECONDS = 2;

export const SupportBanner = {
  props: { visit: Object, organization: Object, roleName: String, watches: Boolean, mayRevoke: Boolean },
  emits: ["end"],
  data: () => ({ grants: [], busy: false }),
  computed: {
    shown() {
      return Boolean(this.visit) || this.grants.length > 0;
    },
    grant() {
      return this.grants[0];
    },
    inside() {
      return this.grant?.visits.find((visit) => visit.entered_at && !visit.ended_at && Date.parse(visit.until) > Date.now());
    },
    granter() {
      return this.grant.granted_by_name || "somebody who has left";
    },
  },
  mounted() {
    this.observer = new ResizeObserver(() => this.makeRoom());
    if (this.visit) this.timer = setInterval(this.standing, STANDING_SECONDS * 1000);
    else if (this.watches) {
      this.look();
      this.timer = setInterval(this.look, LOOK_SECONDS * 1000);
      window.addEventListener("lx:support", this.look);
    }
    if (this.visit) this.$nextTick(this.watchHeight);
  },
  methods: {
    moment,
    // What was granted can be taken back at any moment: an open tab must not go on showing what it has.
    standing() {
      return call("GET", "/organization", { headers: UNATTENDED }).catch(() => null);
    },
    async look() {
      const found = await call("GET", "/support-grants", { query: { open: true }, headers: UNATTENDED }).catch(() => null);
      if (!found) return;
      this.grants = found.items;
      await this.$nextTick();
      this.watchHeight();
    },
    watchHeight() {
      this.observer.disconnect();
      if (this.$refs.banner) this.observer.observe(this.$refs.banner);
      else this.makeRoom();
    },
    makeRoom() {
      document.documentElement.style.setProperty("--lx-banner", `${this.$refs.banner?.offsetHeight || 0}px`);
    },
    async revoke() {
      const sure = await confirmation({ title: "Revoke the operator’s access?", body: "They are out at once, in every tab.", action: "Revoke", danger: true });
      if (!sure) return;
      this.busy = true;
      try {
        await call("DELETE", `/support-grants/${this.grant.id}`);
        window.dispatchEvent(new CustomEvent("lx:support"));
      } catch (problem) {
        toastProblem(problem);
      } finally {
        this.busy = false;
      }
    },
  },
  template: `
    <div v-if="shown" ref="banner" class="lx-support" role="region" aria-label="Support access" data-testid="support-banner">
      <i class="lx-i lx-i-shield" aria-hidden="true"></i>
      <template v-if="visit"><p>You act in <strong>{{ organization.name }}</strong> as {{ roleName }} for support, until {{ moment(visit.until) }}. All that you look at and change is logged.</p>
        <button type="button" class="lx-btn" @click="$emit('end')">End</button></template>
      <template v-else>
        <p v-if="inside"><strong>{{ inside.operator }}</strong>, who operates this server, is in as {{ grant.role }} until {{ moment(inside.until) }}. Access granted by {{ granter }}.</p>
        <p v-else>The operator of this server may come in as {{ grant.role }} until {{ moment(grant.expires_at) }}. Granted by {{ granter }}.</p>
        <a class="lx-link" href="/support">Details</a>
        <button v-if="mayRevoke" type="button" class="lx-btn" :disabled="busy" @click="revoke">Revoke</button></template>
    </div>`,
};
