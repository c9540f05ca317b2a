// The frame around every page: sidebar, top bar on small screens, recent conversations, appearance, palette.
import { onConversations, onElsewhere } from "../elsewhere.js";
import { call } from "../http.js";
import { toastProblem } from "../notices.js";
import { onLocation } from "../routes.js";
import { areaOf, entriesOf, isAt, itemsOf } from "./areas.js";
import { keepToOrganization } from "./organization.js";
import { Palette } from "./palette.js";
import { SupportBanner } from "./support.js";

const RECENT = 12;
const THEMES = [
  { id: "light", label: "Light", icon: "sun" }, { id: "dark", label: "Dark", icon: "moon" }, { id: "system", label: "System", icon: "system" },
];

export const Shell = {
  components: { Palette, SupportBanner },
  props: { organization: Object, person: Object, areas: Array, organizations: Array, mayChat: Boolean, mayCreate: Boolean, visit: Object, roleName: String, watchesSupport: Boolean, mayRevokeSupport: Boolean },
  data: () => ({ path: location.pathname, open: false, recent: [], recentLoaded: false, theme: window.lxTheme.chosen(), menu: false, left: "" }),
  computed: {
    initial() {
      return (this.organization.name || "?").trim().charAt(0).toUpperCase();
    },
    themeNow() {
      return THEMES.find((theme) => theme.id === this.theme) || THEMES[2];
    },
    entries() {
      return entriesOf(this.areas);
    },
    area() {
      return areaOf(this.areas, this.path);
    },
    home() {
      return this.left || (this.areas[0] ? this.first(this.areas[0]) : "");
    },
    doors() {
      return this.area.label ? [] : this.areas.slice(1).filter((area) => area.sections.length);
    },
    choosable() {
      return this.organizations.length > 1 || this.mayCreate;
    },
    shortcut() {
      return /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K";
    },
  },
  created() {
    if (keepToOrganization(this.organization.id, this.organizations.map((item) => item.id))) return;
    onLocation(() => this.moved());
    onConversations(() => this.loadRecent());
    onElsewhere(() => "", () => this.loadRecent());
    window.addEventListener("lx:theme", () => { this.theme = window.lxTheme.chosen(); });
    this.loadRecent();
  },
  watch: {
    path: { handler: "showWhere", flush: "post" },
  },
  mounted() {
    window.lxTheme.apply();
    this.showWhere();
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") { this.open = false; this.menu = false; } });
    document.addEventListener("click", (event) => { if (!event.target.closest(".lx-org")) this.menu = false; });
  },
  methods: {
    showWhere() {
      this.$refs.nav?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    },
    skip() {
      document.getElementById("lx-content")?.focus();
    },
    moved() {
      const before = this.area;
      if (!before.label) this.left = this.path;
      this.path = location.pathname;
      // On a phone, going into the settings shows what there is before it shows the first of it.
      this.open = this.open && this.area !== before && this.area.label !== "";
    },
    active(item) {
      return isAt(item, this.path);
    },
    first(area) {
      return itemsOf(area)[0]?.path || "";
    },
    async loadRecent() {
      if (!this.mayChat) return;
      try {
        this.recent = (await call("GET", "/conversations", { query: { limit: RECENT } })).items.slice(0, RECENT);
      } catch {
        // What was there stays.
      }
      this.recentLoaded = true;
    },
    nextTheme() {
      const at = THEMES.findIndex((theme) => theme.id === this.theme);
      window.lxTheme.choose(THEMES[(at + 1) % THEMES.length].id);
    },
    title(conversation) {
      return conversation.title || "New chat";
    },
    switchTo(id) {
      location.assign(`/?organization=${encodeURIComponent(id)}`);
    },
    async signOut() {
      try {
        const left = this.visit ? await call("POST", "/auth/sign-out") : await call("POST", "/auth/sso/sign-out");
        location.assign(left?.url || "/login"); // where the company's own provider ends its session
      } catch (problem) {
        toastProblem(problem);
      }
    },
  },
  template: `
    <Teleport to="#lx-chrome">
      <a class="lx-skip" href="#lx-content" @click.prevent.stop="skip">Skip to content</a>
      <header class="lx-topbar">
        <button type="button" class="lx-tool" aria-label="Open navigation" :aria-expanded="open" @click="open = !open"><i class="lx-i lx-i-menu"></i></button>
        <span class="lx-topbar-name">{{ organization.name }}</span>
        <button type="button" class="lx-tool" aria-label="Search" @click="$refs.palette.show()"><i class="lx-i lx-i-search"></i></button>
      </header>
      <SupportBanner :visit="visit" :organization="organization" :role-name="roleName" :watches="watchesSupport" :may-revoke="mayRevokeSupport" @end="signOut" />
      <div class="lx-scrim" :class="{'lx-open': open}" @click="open = false"></div>
      <div class="lx-side" :class="{'lx-open': open}" role="complementary" aria-label="Sidebar">
        <div class="lx-org">
          <component :is="choosable ? 'button' : 'div'" class="lx-org-button" :type="choosable ? 'button' : null"
             :aria-expanded="choosable ? menu : null" @click="menu = choosable && !menu">
            <span class="lx-org-mark" aria-hidden="true">{{ initial }}</span>
            <span class="lx-org-text"><strong>{{ organization.name }}</strong><span>{{ person.email }}</span></span>
          </component>
          <button type="button" class="lx-tool" :aria-label="'Appearance: ' + themeNow.label" :title="'Appearance: ' + themeNow.label" @click="nextTheme">
            <i class="lx-i" :class="'lx-i-' + themeNow.icon"></i></button>
          <div v-if="menu" class="lx-menu">
            <button v-for="item in organizations" :key="item.id" type="button" @click="switchTo(item.id)">
              <span>{{ item.name }}</span><i v-if="item.id === organization.id" class="lx-i lx-i-check" aria-label="current"></i></button>
            <a v-if="mayCreate" href="/organizations/new" @click="menu = false"><span>New organization…</span><i class="lx-i lx-i-plus" aria-hidden="true"></i></a></div>
        </div>
        <button type="button" class="lx-search" @click="$refs.palette.show()"><i class="lx-i lx-i-search" aria-hidden="true"></i><span>Search…</span><kbd>{{ shortcut }}</kbd></button>
        <nav ref="nav" class="lx-nav" :class="{'lx-nav-area': area.label}" :aria-label="area.label || 'Main'">
          <template v-if="area.label">
            <a v-if="home" class="lx-nav-back" :href="home"><i class="lx-i lx-i-left" aria-hidden="true"></i><span>Back to work</span></a>
            <div class="lx-nav-title">{{ area.label }}</div>
          </template>
          <div v-for="section in area.sections" :key="area.label + section.label" class="lx-nav-section" :role="section.label ? 'group' : null" :aria-label="section.label || null">
            <div v-if="section.label" class="lx-nav-label" aria-hidden="true">{{ section.label }}</div>
            <a v-for="item in section.items" :key="item.path" :href="item.path" :aria-current="active(item) ? 'page' : null">
              <i class="lx-i" :class="'lx-i-' + item.icon" aria-hidden="true"></i><span>{{ item.label }}</span></a>
          </div>
          <a v-for="door in doors" :key="door.label" :href="first(door)">
            <i class="lx-i" :class="'lx-i-' + door.icon" aria-hidden="true"></i><span>{{ door.label }}</span></a>
        </nav>
        <nav v-if="mayChat && !area.label" class="lx-recent" aria-label="Recent conversations">
          <div class="lx-recent-head"><span>Recent</span><a href="/conversations">View all</a></div>
          <div v-if="!recentLoaded" class="lx-skeleton-nav" aria-hidden="true"><span></span><span></span><span></span></div>
          <p v-else-if="!recent.length" class="lx-recent-none">Your conversations appear here.</p>
          <a v-for="item in recent" :key="item.id" :href="'/chat/' + item.id" :aria-current="path === '/chat/' + item.id ? 'page' : null" :title="title(item)">{{ title(item) }}</a>
        </nav>
        <div v-else class="lx-grow"></div>
        <div class="lx-side-foot"><button type="button" class="lx-side-link" @click="signOut"><i class="lx-i lx-i-sign-out" aria-hidden="true"></i>Sign out</button></div>
      </div>
      <Palette ref="palette" :entries="entries" :recent="recent" :may-chat="mayChat" @sign-out="signOut" />
    </Teleport>`,
};
