// What the person said and no model has heard yet: instructions to the answer, and the questions that come next.
import { call, insist } from "../http.js";
import { toastProblem } from "../notices.js";

export const NOTHING = { items: [], instructions: [], held: false };

export function loadQueue(id) {
  return call("GET", `/conversations/${id}/queue`);
}

export function queueMessage(id, body) {
  return insist("POST", `/conversations/${id}/queue`, { body });
}

export function steerRun(runId, text) {
  return insist("POST", `/runs/${runId}/instructions`, { body: { text } });
}

export const Waiting = {
  props: { conversationId: String, queue: Object },
  emits: ["changed"],
  data: () => ({ editing: "", text: "", atWork: false }),
  methods: {
    async edit(item) {
      Object.assign(this, { editing: item.id, text: item.question });
      await this.$nextTick();
      this.$refs.box[0].focus();
    },
    save(item) {
      const question = this.text.trim();
      if (question) this.act("PATCH", `/${item.id}`, { question });
    },
    async act(method, path, body) {
      this.atWork = true;
      try {
        await call(method, `/conversations/${this.conversationId}/queue${path}`, { body });
        this.editing = "";
      } catch (problem) {
        toastProblem(problem);
      } finally {
        this.atWork = false;
        this.$emit("changed");
      }
    },
  },
  template: `
    <section class="lx-waits" aria-label="Said, and not answered yet" data-testid="waits">
      <p v-for="each in queue.instructions" :key="each.id" class="lx-waits-told"><i class="lx-i lx-i-steer" aria-hidden="true"></i><span>{{ each.text }}</span><span class="lx-waits-when">told to the answer in a moment</span></p>
      <template v-if="queue.items.length">
        <h2 class="lx-waits-head">Next</h2>
        <ol class="lx-waits-list">
          <li v-for="item in queue.items" :key="item.id" data-testid="queued">
            <template v-if="editing === item.id">
              <textarea ref="box" v-model="text" rows="2" maxlength="8000" aria-label="The question" @keydown.esc.stop="editing = ''" @keydown.enter.exact.prevent="save(item)"></textarea>
              <button type="button" class="lx-tool" aria-label="Save" title="Save" :disabled="atWork || !text.trim()" @click="save(item)"><i class="lx-i lx-i-check"></i></button>
              <button type="button" class="lx-tool" aria-label="Leave it as it was" title="Leave it as it was" @click="editing = ''"><i class="lx-i lx-i-undo"></i></button>
            </template>
            <template v-else>
              <span class="lx-waits-text">{{ item.question }}</span>
              <button type="button" class="lx-tool" :aria-label="'Edit: ' + item.question" title="Edit" :disabled="atWork" @click="edit(item)"><i class="lx-i lx-i-edit"></i></button>
              <button type="button" class="lx-tool" :aria-label="'Remove: ' + item.question" title="Remove" :disabled="atWork" @click="act('DELETE', '/' + item.id)"><i class="lx-i lx-i-trash"></i></button>
            </template>
          </li>
        </ol>
        <div v-if="queue.held" class="lx-waits-held"><p>The last answer was stopped or broke off, so this is not sent by itself.</p>
          <button type="button" class="lx-btn" :disabled="atWork" @click="act('POST', '/resume')">Send now</button></div>
      </template>
    </section>`,
};
