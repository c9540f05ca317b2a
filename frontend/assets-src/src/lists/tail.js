// A button that follows a tail of events, and what its connection is like. It only says that there is something new.
import { followTail } from "../events.js";
import { toastProblem } from "../notices.js";

const GATHER = 250;
const WORDS = { off: "", connecting: "Connecting…", live: "Live", lost: "Connection lost. Trying again…" };

export const Tail = {
  props: { path: String, paused: String },
  emits: ["news"],
  data: () => ({ following: false, connection: "off" }),
  computed: {
    standing() {
      return this.following && this.paused ? this.paused : WORDS[this.connection];
    },
  },
  watch: {
    paused() {
      this.settle();
    },
  },
  created() {
    this.seen = 0;
  },
  beforeUnmount() {
    this.close();
    clearTimeout(this.gathering);
  },
  methods: {
    toggle() {
      this.following = !this.following;
      if (!this.following) this.seen = 0;
      this.settle();
    },
    settle() {
      if (this.following && !this.paused) this.open();
      else this.close();
    },
    close() {
      this.reading?.abort();
      this.reading = null;
      this.connection = "off";
    },
    async open() {
      if (this.reading) return;
      const reading = this.reading = new AbortController();
      this.connection = "connecting";
      try {
        await followTail(this.path, {
          signal: reading.signal, seen: this.seen,
          onSeen: (number) => { this.seen = number; },
          onEvent: () => this.tell(),
          onConnection: (connected) => {
            if (reading !== this.reading) return;
            if (connected && this.connection !== "live") this.tell();
            this.connection = connected ? "live" : "lost";
          },
        });
      } catch (problem) {
        toastProblem(problem);
        this.following = false;
        this.close();
      }
    },
    // Rows come in bursts: one word for all that came within a moment.
    tell() {
      this.gathering ??= setTimeout(() => {
        this.gathering = undefined;
        this.$emit("news");
      }, GATHER);
    },
  },
  template: `
    <div class="lx-tail">
      <span class="lx-tail-state" :class="{'lx-tail-live': connection === 'live'}" role="status">{{ standing }}</span>
      <button type="button" class="lx-btn" :class="{'lx-btn-primary': following}" :aria-pressed="following ? 'true' : 'false'" @click="toggle"><i class="lx-i lx-i-history" aria-hidden="true"></i><span>Follow</span></button>
    </div>`,
};
