// Drop zone and upload queue: one request per file, so that each has its own progress and its own answer.
import { randomId } from "../browser.js";
import { size } from "../format.js";
import { apiHeaders, apiUrl, leaveWhenSignedOut, offline, Problem } from "../http.js";
import { toast } from "../notices.js";

const AT_ONCE = 2;

function problemFrom(body, fallback) {
  return new Problem(body && body.detail ? body : { detail: fallback });
}

function send(entry, collection) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    entry.request = request;
    request.open("POST", apiUrl(collection ? `/documents?collection_id=${collection}` : "/documents"));
    for (const [name, value] of Object.entries(apiHeaders({ Accept: "application/json" }))) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) entry.share = event.loaded / event.total; });
    request.addEventListener("error", () => reject(offline()));
    request.addEventListener("abort", () => reject(new Problem({ code: "aborted", detail: "Cancelled." })));
    request.addEventListener("load", () => {
      let body = null;
      try { body = JSON.parse(request.responseText); } catch { /* told below by its status */ }
      if (request.status >= 300) {
        const problem = problemFrom(body, `The server answered ${request.status}.`);
        problem.status = request.status;
        leaveWhenSignedOut(problem);
        return reject(problem);
      }
      const item = body?.items?.[0];
      return item?.problem ? reject(problemFrom(item.problem, "This file was refused.")) : resolve(item);
    });
    const form = new FormData();
    form.append("files", entry.file, entry.name);
    request.send(form);
  });
}

// Folders dropped from the desktop are walked; what is not a file is left out.
async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const walk = async (entry) => {
    if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!batch.length) return found;
      for (const inner of batch) found.push(...(await walk(inner)));
    }
  };
  return (await Promise.all(entries.map(walk))).flat();
}

export const Uploader = {
  props: { accept: String, kinds: String, collection: String },
  emits: ["uploaded"],
  data: () => ({ queue: [], over: false }),
  created() {
    this.running = 0;
  },
  methods: {
    size,
    picked(event) {
      this.add([...event.target.files]);
      event.target.value = "";
    },
    async dropped(event) {
      this.over = false;
      this.add(await filesOf(event.dataTransfer));
    },
    leave(event) {
      if (!this.$el.contains(event.relatedTarget)) this.over = false;
    },
    add(files) {
      for (const file of files) {
        this.queue.push({ key: randomId(), file, name: file.name, bytes: file.size, share: 0, state: "waiting", problem: null });
      }
      this.next();
    },
    next() {
      while (this.running < AT_ONCE) {
        const entry = this.queue.find((candidate) => candidate.state === "waiting");
        if (!entry) return;
        this.start(entry);
      }
    },
    async start(entry) {
      this.running += 1;
      Object.assign(entry, { state: "sending", share: 0, problem: null });
      try {
        const item = await send(entry, this.collection);
        this.drop(entry);
        if (item?.duplicate) toast(`${entry.name} was here already.`, { caption: "No copy was made." });
        this.$emit("uploaded", { id: item?.document?.id || "" });
      } catch (problem) {
        if (problem.code === "aborted") this.drop(entry);
        else Object.assign(entry, { state: "failed", problem });
      } finally {
        this.running -= 1;
        this.next();
      }
    },
    drop(entry) {
      this.queue = this.queue.filter((other) => other.key !== entry.key);
    },
    cancel(entry) {
      if (entry.state === "sending") entry.request.abort();
      else this.drop(entry);
    },
    again(entry) {
      entry.state = "waiting";
      this.next();
    },
  },
  template: `
    <div class="lx-uploader" @dragover.prevent="over = true" @dragleave="leave" @drop.prevent="dropped">
      <div class="lx-drop" :class="{'lx-over': over}">
        <i class="lx-i lx-i-upload" aria-hidden="true"></i>
        <div><strong>Drop files here</strong> or <label class="lx-drop-pick">choose files<input class="lx-sr" type="file" multiple :accept="accept" data-testid="files" @change="picked"></label>
          <p>{{ kinds }}</p></div>
      </div>
      <ul v-if="queue.length" class="lx-queue" aria-label="Uploads">
        <li v-for="entry in queue" :key="entry.key" :class="{'lx-queue-failed': entry.state === 'failed'}">
          <i class="lx-i" :class="entry.state === 'failed' ? 'lx-i-error' : 'lx-i-document'" aria-hidden="true"></i>
          <div class="lx-queue-main"><span class="lx-queue-name">{{ entry.name }}</span>
            <span v-if="entry.problem" class="lx-queue-problem">{{ entry.problem.message }} {{ entry.problem.remedy }}<template v-if="entry.problem.requestId"> · Request {{ entry.problem.requestId }}</template></span>
            <span v-else class="lx-meter" role="progressbar" :aria-label="'Uploading ' + entry.name" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="Math.round(entry.share * 100)"><span :style="{width: entry.share * 100 + '%'}"></span></span></div>
          <span class="lx-faint">{{ size(entry.bytes) }}</span>
          <button v-if="entry.state === 'failed'" type="button" class="lx-tool" :aria-label="'Try again: ' + entry.name" title="Try again" @click="again(entry)"><i class="lx-i lx-i-retry"></i></button>
          <button type="button" class="lx-tool" :aria-label="'Remove ' + entry.name" title="Remove" @click="cancel(entry)"><i class="lx-i lx-i-close"></i></button>
        </li>
      </ul>
    </div>`,
};
