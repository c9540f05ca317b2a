// Appearance, kept in this browser.
export const ThemePicker = {
  data: () => ({ theme: window.lxTheme.chosen(), themes: [["light", "Light", "sun"], ["dark", "Dark", "moon"], ["system", "Same as system", "system"]] }),
  created() {
    this.listen = () => { this.theme = window.lxTheme.chosen(); };
    window.addEventListener("lx:theme", this.listen);
  },
  beforeUnmount() {
    window.removeEventListener("lx:theme", this.listen);
  },
  methods: {
    choose(theme) {
      window.lxTheme.choose(theme);
    },
  },
  template: `
    <div class="lx-segments" role="group" aria-label="Appearance">
      <button v-for="[id, label, icon] in themes" :key="id" type="button" :aria-pressed="theme === id" @click="choose(id)"><i class="lx-i" :class="'lx-i-' + icon" aria-hidden="true"></i>{{ label }}</button>
    </div>`,
};
