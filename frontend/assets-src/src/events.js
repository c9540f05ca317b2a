// Reads numbered events over fetch (not EventSource: it cannot send headers), resuming after the last number seen.
import { apiHeaders, apiUrl, insist, leaveWhenSignedOut, offline, Problem, problemOf } from "./http.js";

const LAST = new Set(["RUN_FINISHED", "RUN_ERROR"]);
const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 8000;

export class EventParser {
  constructor() {
    this.buffer = "";
  }

  push(chunk) {
    this.buffer += chunk;
    const events = [];
    let border;
    while ((border = this.buffer.search(/\r?\n\r?\n/)) >= 0) {
      const block = this.buffer.slice(0, border);
      this.buffer = this.buffer.slice(border).replace(/^\r?\n\r?\n/, "");
      const event = this.read(block);
      if (event) events.push(event);
    }
    return events;
  }

  read(block) {
    let id = 0;
    let name = "";
    const data = [];
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith("id:")) id = Number(line.slice(3));
      else if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
    }
    if (data.length) return { id, name, data: JSON.parse(data.join("\n")) };
    return id ? { id, name, data: null } : null;
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

class Stream {
  constructor(response) {
    this.reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    this.parser = new EventParser();
    this.waiting = [];
  }

  // The events that have come since; null at the end.
  async next() {
    if (this.waiting.length) return this.waiting.splice(0);
    const { value, done } = await this.reader.read();
    return done ? null : this.parser.push(value);
  }

  cancel() {
    return this.reader.cancel().catch(() => {});
  }
}

// Asks a question. Its answer begins with the turn, and goes on as the stream of its run, for `follow` to read on.
export function askTurn(conversationId, body) {
  const headers = { Accept: "text/event-stream" };
  return insist("POST", `/conversations/${conversationId}/turns`, { body, headers, read: firstOf });
}

async function firstOf(response) {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return { turn: await response.json(), stream: null };
  const stream = new Stream(response);
  const events = [];
  while (!events.length) {
    const more = await stream.next().catch(() => null);
    if (more === null) throw offline();
    events.push(...more);
  }
  const [turn, ...rest] = events;
  if (turn.name === "problem") throw new Problem(turn.data);
  stream.waiting = rest;
  return { turn: turn.data, stream };
}

async function opened(path, state, signal) {
  const response = await fetch(apiUrl(path), {
    signal, credentials: "same-origin", cache: "no-store",
    headers: apiHeaders({ Accept: "text/event-stream", ...(state.seen ? { "Last-Event-ID": String(state.seen) } : {}) }),
  });
  if (!response.ok) throw await problemOf(response);
  return new Stream(response);
}

async function readOnce(path, state, { onEvent, onSeen, isLast, signal }) {
  const stream = state.stream ?? await opened(path, state, signal);
  state.stream = null;
  signal.addEventListener("abort", () => stream.cancel(), { once: true });
  state.onOpen();
  for (;;) {
    const events = await stream.next();
    if (events === null) return false;
    for (const event of events) {
      if (event.name === "problem") throw new Problem(event.data); // the right to read has ended; the run goes on
      if (event.id && event.id <= state.seen) continue;
      if (event.id) state.seen = event.id;
      state.pause = FIRST_PAUSE;
      onSeen(state.seen);
      if (event.data === null) continue;
      onEvent(event.data);
      if (isLast(event.data)) {
        await stream.cancel();
        return true;
      }
    }
  }
}

// Resolves when the run has ended or the signal aborts; rejects only with a problem that a retry cannot mend. A `stream`
// that is open already is read first.
export function follow(runId, options) {
  return followPath(`/runs/${runId}/events`, { ...options, isLast: (event) => LAST.has(event.type) });
}

// Goes on until the signal aborts: the server ends such a stream now and then, and expects its reader back. `seen` is the
// number to go on after; `onSeen` is told of each.
export function followTail(path, options) {
  return followPath(path, { ...options, isLast: () => false, endless: true });
}

async function followPath(path, { onEvent, onConnection = () => {}, isLast, endless = false, seen = 0, stream = null, onSeen = () => {}, signal }) {
  const state = { seen, stream, pause: FIRST_PAUSE, onOpen: () => onConnection(true) };
  while (!signal.aborted) {
    try {
      if (await readOnce(path, state, { onEvent, onSeen, isLast, signal })) return;
      if (endless) continue;
    } catch (error) {
      if (signal.aborted) return;
      const fatal = error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (fatal) {
        leaveWhenSignedOut(error);
        throw error;
      }
    }
    if (signal.aborted) return;
    onConnection(false);
    await pause(state.pause, signal);
    state.pause = Math.min(state.pause * 2, LONGEST_PAUSE);
  }
}
