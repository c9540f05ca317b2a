// A whole conversation in one element: history through the API, turns posted by fetch, runs followed over SSE.
import { onElsewhere, tellConversations } from "../elsewhere.js";
import { askTurn, follow } from "../events.js";
import { moment } from "../format.js";
import { call, Problem } from "../http.js";
import { askForText, confirmation, toast, toastProblem } from "../notices.js";
import { go, onNewChat, replacePath } from "../routes.js";
import { Answer } from "./answer.js";
import { Composer } from "./composer.js";
import { apply, failWith, fromApi, newAnswer, newQuestion } from "./messages.js";
import { Panel } from "./panel.js";
import { Question } from "./question.js";
import { loadQueue, NOTHING, queueMessage, steerRun, Waiting } from "./waiting.js";

const PAGE = 30;
const NEAR_BOTTOM = 80;

function empty() {
  return { id: "", title: "", owned: true, access: "", readings: [], asked: [], messages: [], cursor: null, loading: false, loadProblem: null, citation: null, stopping: false, connected: true, announcement: "", queue: NOTHING };
}

// The newest page, as the API has it and as it is shown.
function sameMessages(items, shown) {
  const tail = shown.slice(-items.length);
  return items.length >= Math.min(shown.length, PAGE) && items.every((item, at) => (
    tail[at]?.id === item.id && tail[at].versions.length === (item.versions || []).length && item.state !== "streaming"));
}

// What is shown already is not painted anew.
function stillShown(item, shown) {
  if (!shown || item.state === "streaming") return fromApi(item);
  return Object.assign(shown, { parentId: item.parent_id ?? null, versions: item.versions || [] });
}

export const Thread = {
  components: { Answer, Composer, Panel, Question, Waiting },
  props: { conversationId: String, models: { type: Array, default: () => [] }, defaultModel: String, collections: { type: Array, default: () => [] }, tools: { type: Array, default: () => [] }, hasDocuments: Boolean, canManageDocuments: Boolean, canShare: Boolean },
  emits: ["share", "receipt", "compare"],
  data() {
    return { ...empty(), model: "", using: [], atBottom: true };
  },
  computed: {
    busy() {
      return this.messages.some((message) => message.live);
    },
    heading() {
      return this.title || this.messages.find((message) => message.role === "user")?.text.slice(0, 80) || (this.id ? "Conversation" : "New chat");
    },
  },
  created() {
    const kept = localStorage.getItem("lx-model");
    this.model = this.models.some((model) => model.id === kept) ? kept : this.defaultModel || this.models[0]?.id || "";
    this.using = this.tools.map((tool) => tool.name).filter((name) => (localStorage.getItem("lx-tools") || "").split(" ").includes(name));
    this.readers = new Map();
  },
  mounted() {
    this.forgetNewChat = onNewChat(() => this.startOver());
    this.forgetElsewhere = onElsewhere(() => this.id, () => this.lookAgain());
    if (this.conversationId) this.open(this.conversationId);
  },
  beforeUnmount() {
    this.forgetNewChat();
    this.forgetElsewhere();
    this.detach();
  },
  methods: {
    moment,
    detach() {
      for (const controller of this.readers.values()) controller.abort();
      this.readers.clear();
    },
    startOver() {
      this.detach();
      Object.assign(this, empty());
    },
    async open(id) {
      this.id = id;
      this.loading = true;
      try {
        const [conversation] = await Promise.all([call("GET", `/conversations/${id}`), this.loadPage()]);
        this.take(conversation);
        this.attachLive();
        this.lookAtQueue();
      } catch (problem) {
        this.loadProblem = problem;
      } finally {
        this.loading = false;
      }
      await this.$nextTick();
      this.toBottom();
    },
    take(conversation) {
      this.title = conversation.title || "";
      this.owned = conversation.owned;
      this.access = conversation.access;
      this.readings = conversation.readings;
      this.asked = conversation.collection_ids;
      document.title = `${this.heading} · Chatter`;
    },
    // Whether what is shown is still so: another tab or device may have asked, chosen another version or deleted it. What
    // is being written here, an answer or a changed question, is left alone.
    async lookAgain() {
      const id = this.id;
      const left = () => id !== this.id || this.busy || this.messages.some((message) => !message.id) || this.$el.querySelector(".lx-question-edit");
      if (!id || this.loading || this.loadProblem || this.lookingAgain || left()) return;
      this.lookingAgain = true;
      try {
        const [conversation, page] = await Promise.all([
          call("GET", `/conversations/${id}`), call("GET", `/conversations/${id}/messages`, { query: { limit: PAGE } }),
        ]);
        if (left()) return;
        this.take(conversation);
        if (!sameMessages(page.items, this.messages)) await this.readAgain();
        this.lookAtQueue();
      } catch (problem) {
        if (problem.status === 404 && id === this.id) Object.assign(this, { messages: [], loadProblem: problem });
      } finally {
        this.lookingAgain = false;
      }
    },
    async readAgain() {
      const { scrollTop } = this.$refs.scroll;
      await this.readPath(this.messages[0]?.id);
      await this.$nextTick();
      if (this.atBottom) this.toBottom();
      else this.$refs.scroll.scrollTop = scrollTop;
    },
    async loadPage() {
      const page = await call("GET", `/conversations/${this.id}/messages`, { query: { cursor: this.cursor, limit: PAGE } });
      const messages = page.items.map(fromApi);
      this.cursor = page.next_cursor || null;
      this.messages = [...messages, ...this.messages];
    },
    // Who only reads follows as whoever asked does; only the latter may stop it.
    attachLive() {
      for (const message of this.messages) if (message.live && message.runId) this.attach(message);
    },
    async loadOlder() {
      if (!this.cursor || this.loading) return;
      this.loading = true;
      const box = this.$refs.scroll;
      const below = box.scrollHeight - box.scrollTop;
      try {
        await this.loadPage();
        await this.$nextTick();
        box.scrollTop = box.scrollHeight - below;
      } catch (problem) {
        toastProblem(problem);
      } finally {
        this.loading = false;
      }
    },
    async attach(message, stream = null) {
      const controller = new AbortController();
      this.readers.set(message.runId, controller);
      this.announcement = "The answer is being written.";
      try {
        await follow(message.runId, {
          signal: controller.signal, stream,
          onEvent: (event) => { apply(message, event); this.heard(event); this.stick(); },
          onConnection: (connected) => { this.connected = connected; },
        });
        if (!message.live) this.ended(message);
      } catch (problem) {
        failWith(message, problem instanceof Problem ? problem : new Problem({ detail: String(problem) }));
      } finally {
        this.readers.delete(message.runId);
        this.stopping = false;
      }
    },
    // Somebody said something, here or on another device: what waits has changed.
    heard(event) {
      if (event.type === "CUSTOM" && (event.name === "inbox" || event.name === "steered")) this.lookAtQueue();
    },
    async lookAtQueue() {
      if (!this.id || !this.owned) return;
      const id = this.id;
      const queue = await loadQueue(id).catch(() => null);
      if (queue && id === this.id) this.queue = queue;
      this.stick();
    },
    // What waited may be a question by now, which another process answers.
    async goOn() {
      const id = this.id;
      const page = await call("GET", `/conversations/${id}/messages`, { query: { limit: PAGE } }).catch(() => null);
      if (!page || id !== this.id) return;
      const known = new Set(this.messages.map((message) => message.id));
      this.messages.push(...page.items.filter((item) => !known.has(item.id)).map(fromApi));
      for (const message of this.messages) if (message.live && message.runId && !this.readers.has(message.runId)) this.attach(message);
      await this.lookAtQueue();
    },
    // Another answer stands in the place of one that was shown: the path is read anew.
    async showPath() {
      await this.readPath().catch(toastProblem);
      tellConversations(this.id);
      this.atBottom = true;
      await this.stick();
    },
    // As far up as the message that is looked at.
    async readPath(looked = "") {
      const id = this.id;
      const messages = [];
      const shown = new Map(this.messages.filter((message) => message.id && !message.live).map((message) => [message.id, message]));
      let cursor = null;
      do {
        const page = await call("GET", `/conversations/${id}/messages`, { query: { cursor, limit: PAGE } });
        messages.unshift(...page.items.map((item) => stillShown(item, shown.get(item.id))));
        cursor = page.next_cursor || null;
      } while (cursor && looked && !messages.some((message) => message.id === looked));
      if (id !== this.id) return;
      this.detach();
      Object.assign(this, { cursor, messages });
      this.attachLive();
    },
    // The other version comes where the one before it stood, and the button that was pressed keeps the focus.
    async showVersion({ message, id, step, element }) {
      if (this.busy) return;
      const stood = element.closest("[data-message]").getBoundingClientRect().top;
      try {
        await call("PATCH", `/conversations/${this.id}`, { body: { shown_message_id: id } });
        await this.readPath(id);
        tellConversations(this.id);
      } catch (problem) {
        toastProblem(problem);
        return;
      }
      await this.$nextTick();
      const box = this.$refs.scroll;
      const shown = box.querySelector(`[data-message="${id}"]`);
      if (!shown) return;
      box.scrollTop += shown.getBoundingClientRect().top - stood;
      const [same, other] = [step, -step].map((wanted) => shown.querySelector(`.lx-versions [data-step="${wanted}"]`));
      (same.disabled ? other : same).focus({ preventScroll: true });
      const what = message.role === "user" ? "question" : "answer";
      this.announcement = `Version ${message.versions.indexOf(id) + 1} of ${message.versions.length} of this ${what}.`;
    },
    ended(message) {
      this.announcement = message.error ? "The answer failed." : "The answer is complete.";
      if (this.queue.items.length || this.queue.instructions.length) this.goOn();
      tellConversations(this.id);
      if (!this.title) this.refreshTitle();
    },
    async refreshTitle() {
      const conversation = await call("GET", `/conversations/${this.id}`).catch(() => null);
      if (!conversation || conversation.id !== this.id) return;
      this.title = conversation.title || "";
      document.title = `${this.heading} · Chatter`;
    },
    async ensureConversation() {
      if (this.id) return;
      const conversation = await call("POST", "/conversations", { body: { collection_ids: this.asked } });
      this.id = conversation.id;
      this.title = conversation.title || "";
      this.access = conversation.access;
      replacePath(`/chat/${conversation.id}`);
    },
    ask(question, options) {
      this.asking = this.send(question, options);
      return this.asking;
    },
    wanted(question) {
      return { question, ...(this.using.length ? { tools: this.using } : {}), ...(this.model ? { model_id: this.model } : {}) };
    },
    async later(question) {
      await this.asking;
      try {
        const queued = await queueMessage(this.id, this.wanted(question));
        await (queued.sent ? this.goOn() : this.lookAtQueue());
        this.announcement = "Your question comes next.";
      } catch (problem) {
        this.$refs.composer.giveBack(question);
        toastProblem(problem);
      }
    },
    async steer(text) {
      await this.asking;
      const live = this.messages.find((message) => message.live && message.runId);
      if (!live) return this.busy ? this.$refs.composer.giveBack(text) : this.ask(text);
      try {
        await steerRun(live.runId, text);
        this.announcement = "The answer is told.";
      } catch (problem) {
        this.$refs.composer.giveBack(text);
        toastProblem(problem);
      }
      return this.lookAtQueue();
    },
    escape() {
      if (this.owned && this.busy && !this.stopping) this.stop();
    },
    async send(question, { parentId, versions = [] } = {}) {
      const asked = newQuestion(question, parentId ?? null, versions);
      const answer = newAnswer();
      this.messages.push(asked, answer);
      const live = this.messages[this.messages.length - 1];
      this.atBottom = true;
      this.stick();
      try {
        await this.ensureConversation();
        const { turn, stream } = await askTurn(this.id, { ...this.wanted(question), ...(parentId ? { parent_id: parentId } : {}) });
        Object.assign(asked, { id: turn.question_id, versions: [...versions, turn.question_id], parentId: turn.parent_id ?? asked.parentId });
        Object.assign(live, { id: turn.answer_id, runId: turn.run_id, parentId: turn.question_id, step: "Searching your documents…" });
        tellConversations(this.id);
        this.attach(live, stream);
      } catch (problem) {
        failWith(live, problem);
        this.$refs.composer.keepDraft(question);
      }
    },
    retry(answer) {
      const at = this.messages.indexOf(answer);
      const asked = this.messages[at - 1];
      if (this.busy || asked?.role !== "user") return;
      this.again(asked, asked.text);
    },
    // Beside the one before, and what followed that stays with it; one that never arrived has nothing to stand beside.
    again(asked, text) {
      if (this.busy) return;
      this.messages.splice(this.messages.indexOf(asked));
      this.ask(text, { parentId: asked.parentId, versions: asked.id ? asked.versions : [] });
    },
    async stop() {
      const live = this.messages.find((message) => message.live && message.runId);
      if (!live) return;
      this.stopping = true;
      try {
        await call("POST", `/runs/${live.runId}/cancel`);
      } catch (problem) {
        this.stopping = false;
        toastProblem(problem);
      }
    },
    async rename() {
      const title = await askForText({ title: "Rename conversation", label: "Title", value: this.title, action: "Rename" });
      if (!title || title === this.title) return;
      try {
        this.title = (await call("PATCH", `/conversations/${this.id}`, { body: { title } })).title;
        document.title = `${this.heading} · Chatter`;
        tellConversations(this.id);
      } catch (problem) {
        toastProblem(problem);
      }
    },
    async remove() {
      const sure = await confirmation({ title: "Delete this conversation?", body: "Its questions and answers are deleted for good. Your documents stay.", action: "Delete" });
      if (!sure) return;
      try {
        await call("DELETE", `/conversations/${this.id}`);
        tellConversations(this.id);
        toast("Conversation deleted.");
        this.startOver();
        go("/chat");
      } catch (problem) {
        toastProblem(problem);
      }
    },
    cite(citation, origin) {
      this.citation = citation;
      this.citeOrigin = origin;
    },
    closePanel() {
      this.citation = null;
      this.citeOrigin?.focus();
    },
    // The choice is kept with the conversation: at once when there is one, else with its first question.
    async pickAsked(ids) {
      const before = this.asked;
      this.asked = ids;
      if (!this.id) return;
      try {
        await call("PATCH", `/conversations/${this.id}`, { body: { collection_ids: ids } });
        tellConversations(this.id);
      } catch (problem) {
        this.asked = before;
        toastProblem(problem);
      }
    },
    pickTools(names) {
      this.using = names;
      localStorage.setItem("lx-tools", names.join(" "));
    },
    pickModel(id) {
      this.model = id;
      localStorage.setItem("lx-model", id);
    },
    scrolled() {
      const box = this.$refs.scroll;
      this.atBottom = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_BOTTOM;
      if (box.scrollTop < 120) this.loadOlder();
    },
    async stick() {
      if (!this.atBottom) return;
      await this.$nextTick();
      this.toBottom();
    },
    toBottom() {
      const box = this.$refs.scroll;
      if (box) box.scrollTop = box.scrollHeight;
    },
  },
  template: `
    <div class="lx-thread" :class="{'lx-thread-split': citation}">
      <section class="lx-thread-col" aria-label="Conversation" @keydown.esc="escape">
        <header class="lx-thread-head"><h1 class="lx-thread-title">{{ heading }}</h1>
          <template v-if="id && !loadProblem">
            <button v-if="canShare && access === 'manage'" type="button" class="lx-tool" aria-label="Share conversation" title="Share" @click="$emit('share', { id, title: heading })"><i class="lx-i lx-i-share"></i></button>
            <button v-if="access === 'manage' || access === 'edit'" type="button" class="lx-tool" aria-label="Rename conversation" title="Rename" @click="rename"><i class="lx-i lx-i-edit"></i></button>
            <button v-if="access === 'manage'" type="button" class="lx-tool" aria-label="Delete conversation" title="Delete" @click="remove"><i class="lx-i lx-i-trash"></i></button>
          </template></header>
        <p v-if="readings.length" class="lx-readings" data-testid="readings"><i class="lx-i lx-i-shield" aria-hidden="true"></i>
          <span>{{ readings[0].what === "listed" ? "Title seen" : "Read" }} by {{ readings[0].reader_name || "somebody who has left" }}, <time :datetime="readings[0].at">{{ moment(readings[0].at) }}</time><template v-if="readings.length > 1"> and {{ readings.length - 1 }} more</template>, as your organization allows administrators.</span></p>
        <div ref="scroll" class="lx-scroll" tabindex="0" role="region" aria-label="Messages" @scroll.passive="scrolled">
          <div class="lx-thread-inner">
            <div v-if="loadProblem" class="lx-empty"><i class="lx-i lx-i-error" aria-hidden="true"></i><h2>{{ loadProblem.message }}</h2>
              <p>{{ loadProblem.remedy || 'It may have been deleted, or it is not shared with you.' }}</p><a class="lx-btn" href="/chat">Start a new chat</a></div>
            <div v-else-if="loading && !messages.length" class="lx-skeleton-thread" aria-hidden="true"><span></span><span></span><span></span><span></span></div>
            <div v-else-if="!messages.length" class="lx-hero">
              <div class="lx-hero-mark" aria-hidden="true"><i class="lx-i lx-i-spark"></i></div>
              <h2>What would you like to know?</h2>
              <p v-if="hasDocuments">Every answer comes from your documents, with each source one click away.</p>
              <template v-else><p>Answers come from your documents, and there are none yet.</p>
                <a v-if="canManageDocuments" class="lx-btn lx-btn-primary" href="/documents"><i class="lx-i lx-i-upload" aria-hidden="true"></i>Add documents</a>
                <p v-else>Ask somebody who manages documents in your organization to add some.</p></template>
            </div>
            <template v-for="message in messages" :key="message.key">
              <Question v-if="message.role === 'user'" :message="message" :owned="owned" :busy="busy" @again="again" @show="showVersion" />
              <Answer v-else :message="message" :tools="tools" :owned="owned" :busy="busy" @show="showVersion" @receipt="$emit('receipt', { id, message: $event.id })" @compare="$emit('compare', { run: $event.branch.source_run_id, other: $event.runId })" @cite="cite" @retry="retry" @painted="stick" />
            </template>
            <Waiting v-if="owned && (queue.items.length || queue.instructions.length)" :conversation-id="id" :queue="queue" @changed="goOn" />
          </div>
        </div>
        <div class="lx-thread-foot">
          <button v-if="!atBottom && messages.length" type="button" class="lx-jump" aria-label="Jump to the latest" @click="toBottom"><i class="lx-i lx-i-bottom"></i></button>
          <p v-if="!connected" class="lx-reconnect" role="status">Connection lost. The answer goes on; trying to reach it again…</p>
          <p v-if="!owned" class="lx-shared-note">This conversation is somebody else’s. Only its owner asks in it.</p>
          <Composer v-else-if="!loadProblem" ref="composer" :conversation-id="id" :models="models" :model="model" :collections="collections" :asked="asked" :tools="tools" :using="using" :busy="busy" :stopping="stopping"
                    @send="ask" @queue="later" @steer="steer" @stop="stop" @update:model="pickModel" @update:asked="pickAsked" @update:using="pickTools" />
        </div>
        <div class="lx-sr" aria-live="polite">{{ announcement }}</div>
      </section>
      <Panel v-if="citation" :citation="citation" @close="closePanel" />
    </div>`,
};
