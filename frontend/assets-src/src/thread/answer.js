// One answer: what it is doing, the passages found, the text with its citation marks, and what can be done with it.
import { copyText } from "../browser.js";
import { number } from "../format.js";
import { call } from "../http.js";
import { toastProblem } from "../notices.js";
import { Painter } from "../painter.js";
import { Versions } from "./versions.js";

const SMALL = 3;
const CHANGED = { question: "the question", model: "the model", instructions: "the instructions", tool_result: "a tool’s result", passages: "the passages that are still there" };
const CHOICES = [
  { decision: "done", label: "It came through" }, { decision: "again", label: "Do it again" }, { decision: "skip", label: "Go on without it" },
];

export const Answer = {
  components: { Versions },
  props: { message: Object, models: Array, owned: Boolean, busy: Boolean, tools: { type: Array, default: () => [] } },
  emits: ["cite", "retry", "painted", "receipt", "compare", "show"],
  data: () => ({ copied: false, allPassages: false, deciding: false, choices: CHOICES }),
  computed: {
    shownPassages() {
      return this.allPassages ? this.message.passages : this.message.passages.slice(0, SMALL);
    },
    cited() {
      return new Set(this.message.citations.map((citation) => citation.n));
    },
    footnote() {
      const usage = this.message.usage;
      if (!usage) return "";
      const tokens = (usage.input_tokens || 0) + (usage.output_tokens || 0);
      return [usage.model, tokens ? `${number(tokens)} tokens` : ""].filter(Boolean).join(" · ");
    },
    branched() {
      const changed = this.message.branch?.changed.map((what) => CHANGED[what] ?? what) ?? [];
      return changed.length ? `Branched off an earlier answer. Changed by a person: ${changed.join(", ")}.` : "Branched off an earlier answer, with nothing changed.";
    },
    unsupported() {
      return !this.message.live && this.message.outcome === "answered" && this.message.text && !this.message.citations.length;
    },
  },
  watch: {
    "message.text"(text) {
      if (this.message.live) this.painter.stream(text, this.message.said);
    },
    "message.said"(said) {
      if (this.message.live) this.painter.stream(this.message.text, said);
    },
    "message.citations"() {
      if (!this.message.live) this.finish();
    },
    "message.revision"() {
      this.finish();
    },
  },
  mounted() {
    this.painter = new Painter(this.$refs.body, {
      onCite: (citation, origin) => this.$emit("cite", citation, origin),
      onPaint: () => this.$emit("painted"),
    });
    if (this.message.live) this.painter.stream(this.message.text, this.message.said);
    else this.finish();
  },
  beforeUnmount() {
    this.painter.dispose();
  },
  methods: {
    finish() {
      this.painter.finish(this.message.text, this.message.citations, this.message.said);
    },
    async copy() {
      await copyText(this.message.text);
      this.copied = true;
      setTimeout(() => { this.copied = false; }, 1500);
    },
    cite(passage, event) {
      this.$emit("cite", passage, event.currentTarget);
    },
    async decide(decision) {
      this.deciding = true;
      try {
        await call("POST", `/runs/${this.message.runId}/tool-calls/${this.message.question.tool_call_id}/decision`, { body: { decision } });
        Object.assign(this.message, { question: null, step: "Going on…" });
      } catch (problem) {
        toastProblem(problem);
      } finally {
        this.deciding = false;
      }
    },
    toolLabel(call) {
      return this.tools.find((tool) => tool.name === call.name)?.label ?? call.name;
    },
    toolState(call) {
      if (call.done && call.source === "person") return "Result changed by a person";
      if (call.done && call.source === "earlier") return "Done in the earlier answer";
      return call.done ? "Done" : this.message.live ? "At work…" : "Not finished";
    },
    place(passage) {
      return passage.page ? `p. ${passage.page}` : "";
    },
  },
  template: `
    <article class="lx-answer" :aria-busy="message.live" data-testid="answer" :data-message="message.id">
      <div class="lx-answer-mark" aria-hidden="true"><i class="lx-i lx-i-spark"></i></div>
      <div class="lx-answer-main">
        <div v-if="message.passages.length" class="lx-sources" data-testid="passages">
          <button v-for="passage in shownPassages" :key="passage.chunk_id" type="button" class="lx-source"
                  :class="{'lx-source-cited': cited.has(passage.n)}" @click="cite(passage, $event)">
            <span class="lx-source-head"><span class="lx-source-n">{{ passage.n }}</span>
              <span class="lx-source-name">{{ passage.document_name }}</span><span class="lx-source-page">{{ place(passage) }}</span></span>
            <span class="lx-source-text">{{ passage.text || 'This document was deleted.' }}</span>
          </button>
          <button v-if="message.passages.length > shownPassages.length" type="button" class="lx-source lx-source-more" @click="allPassages = true">
            +{{ message.passages.length - shownPassages.length }} more</button>
        </div>
        <p v-if="message.branch" class="lx-note lx-branched" data-testid="branched"><i class="lx-i lx-i-branch" aria-hidden="true"></i>{{ branched }}</p>
        <ul v-if="message.tools.length" class="lx-tools" data-testid="tools">
          <li v-for="call in message.tools" :key="call.id"><details class="lx-tool-call">
            <summary><i class="lx-i lx-i-plug" aria-hidden="true"></i><span>{{ toolLabel(call) }}</span>
              <span class="lx-tool-state">{{ toolState(call) }}</span></summary>
            <dl><dt>Asked</dt><dd><pre tabindex="0">{{ call.arguments || "–" }}</pre></dd><dt>{{ call.source === "person" ? "A person said" : "Answered" }}</dt><dd><pre tabindex="0">{{ call.result || "–" }}</pre></dd></dl>
          </details></li>
        </ul>
        <div v-if="message.live && message.question" class="lx-decision" role="group" aria-label="A decision of yours" data-testid="tool-question">
          <p><strong>Did “{{ message.question.label }}” come through?</strong> The server stopped while it was at work, and it may not be done twice without you saying so. Look, then decide.</p>
          <div class="lx-decision-choices">
            <button v-for="choice in choices" :key="choice.decision" type="button" class="lx-btn" :disabled="deciding" @click="decide(choice.decision)">{{ choice.label }}</button>
          </div></div>
        <div v-if="message.live && message.step" class="lx-step"><span class="lx-spinner" aria-hidden="true"></span>{{ message.step }}</div>
        <div ref="body" class="lx-prose" :class="{'lx-prose-live': message.live && message.text}" data-testid="answer-text"></div>
        <p v-if="message.outcome === 'cancelled'" class="lx-note"><i class="lx-i lx-i-stop" aria-hidden="true"></i>This answer was stopped.</p>
        <p v-if="message.state === 'incomplete' && !message.error" class="lx-note lx-note-warn"><i class="lx-i lx-i-warning" aria-hidden="true"></i>This answer broke off. What had come is kept.</p>
        <p v-if="unsupported" class="lx-note lx-note-warn"><i class="lx-i lx-i-warning" aria-hidden="true"></i>
          No sentence of this answer could be matched to a source. Check the passages above before you rely on it.</p>
        <div v-if="message.error" class="lx-error" role="alert">
          <i class="lx-i lx-i-error" aria-hidden="true"></i>
          <div><strong>{{ message.error.message }}</strong>
            <p v-if="message.error.remedy">{{ message.error.remedy }}</p>
            <p v-if="message.error.requestId" class="lx-error-id">Request <code>{{ message.error.requestId }}</code></p></div>
        </div>
        <div v-if="!message.live" class="lx-answer-tools">
          <button v-if="message.text" type="button" class="lx-tool" @click="copy" :aria-label="copied ? 'Copied' : 'Copy answer'" :title="copied ? 'Copied' : 'Copy answer'">
            <i class="lx-i" :class="copied ? 'lx-i-check' : 'lx-i-copy'"></i></button>
          <button v-if="owned" type="button" class="lx-tool" :disabled="busy" @click="$emit('retry', message)" aria-label="Try again" title="Try again"><i class="lx-i lx-i-retry"></i></button>
          <button v-if="owned && message.id" type="button" class="lx-tool" @click="$emit('receipt', message)" aria-label="Show the receipt" title="Receipt"><i class="lx-i lx-i-receipt"></i></button>
          <button v-if="owned && message.branch?.source_run_id" type="button" class="lx-tool" @click="$emit('compare', message)" aria-label="Compare with the earlier answer" title="Compare"><i class="lx-i lx-i-compare"></i></button>
          <Versions :message="message" :busy="busy" @show="$emit('show', $event)" />
          <span v-if="footnote" class="lx-footnote">{{ footnote }}</span>
        </div>
      </div>
    </article>`,
};
