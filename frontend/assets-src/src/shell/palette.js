// Ctrl/⌘-K: go anywhere, open a conversation by its title, start a new chat.
import { call } from "../http.js";
import { go } from "../routes.js";

const PAUSE = 140;

export const Palette = {
  props: { entries: Array, recent: Array, mayChat: Boolean },
  emits: ["sign-out"],
  data: () => ({ query: "", at: 0, found: null }),
  computed: {
    commands() {
      const fixed = [...(this.mayChat ? [{ key: "new", label: "New chat", icon: "plus", run: () => go("/chat") }] : []),
        ...this.entries.map((item) => ({ key: item.path, label: `Go to ${item.label}`, where: item.where, icon: item.icon, run: () => go(item.path) })),
        { key: "theme-light", label: "Appearance: light", icon: "sun", run: () => window.lxTheme.choose("light") },
        { key: "theme-dark", label: "Appearance: dark", icon: "moon", run: () => window.lxTheme.choose("dark") },
        { key: "out", label: "Sign out", icon: "sign-out", run: () => this.$emit("sign-out") }];
      const wanted = this.query.trim().toLowerCase();
      return wanted ? fixed.filter((command) => `${command.label} ${command.where || ""}`.toLowerCase().includes(wanted)) : fixed.slice(0, this.entries.length + 1);
    },
    conversations() {
      const wanted = this.query.trim().toLowerCase();
      const list = this.found || this.recent.filter((item) => (item.title || "").toLowerCase().includes(wanted));
      return list.slice(0, 8).map((item) => ({ key: item.id, label: item.title || "New chat", icon: "chat", run: () => go(`/chat/${item.id}`) }));
    },
    all() {
      const search = this.query.trim() && this.entries.some((item) => item.path === "/search")
        ? [{ key: "search", label: `Search documents for “${this.query.trim()}”`, icon: "search", run: () => go(`/search?q=${encodeURIComponent(this.query.trim())}`) }]
        : [];
      return [...this.commands, ...this.conversations, ...search];
    },
  },
  watch: {
    query(value) {
      this.at = 0;
      clearTimeout(this.timer);
      if (!value.trim()) { this.found = null; return; }
      this.timer = setTimeout(() => this.look(value.trim()), PAUSE);
    },
  },
  created() {
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      if (this.$refs.dialog.open) this.$refs.dialog.close();
      else this.show();
    });
  },
  methods: {
    show() {
      this.query = "";
      this.at = 0;
      this.$refs.dialog.showModal();
      this.$refs.input.focus();
    },
    async look(query) {
      const page = await call("GET", "/conversations", { query: { query, limit: 8 } }).catch(() => null);
      if (page && this.query.trim() === query) this.found = page.items;
    },
    async move(step) {
      this.at = (this.at + step + this.all.length) % Math.max(1, this.all.length);
      await this.$nextTick();
      this.$refs.list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
    },
    run(command) {
      if (!command) return;
      this.$refs.dialog.close();
      command.run();
    },
  },
  template: `
    <dialog ref="dialog" class="lx-palette" aria-label="Command palette" @click.self="$refs.dialog.close()">
      <div class="lx-palette-box">
        <div class="lx-palette-input"><i class="lx-i lx-i-search" aria-hidden="true"></i>
          <input ref="input" v-model="query" type="text" placeholder="Go to, find a conversation, search documents…" aria-label="Command" role="combobox" aria-expanded="true"
                 aria-controls="lx-palette-list" :aria-activedescendant="all.length ? 'lx-command-' + at : null" autocomplete="off"
                 @keydown.down.prevent="move(1)" @keydown.up.prevent="move(-1)" @keydown.enter.prevent="run(all[at])"></div>
        <div id="lx-palette-list" ref="list" class="lx-palette-list" role="listbox" aria-label="Commands">
          <div v-for="(command, index) in all" :id="'lx-command-' + index" :key="command.key" role="option" :aria-selected="index === at"
               @click="run(command)" @mousemove="at = index"><i class="lx-i" :class="'lx-i-' + command.icon" aria-hidden="true"></i><span>{{ command.label }}</span><small v-if="command.where">{{ command.where }}</small>
            <i v-if="index === at" class="lx-i lx-i-enter lx-palette-enter" aria-hidden="true"></i></div>
        </div>
      </div>
    </dialog>`,
};
