// One message as the thread shows it, from the API's shape or new, and how a run's events change it.
import { reactive } from "vue";
import { randomId } from "../browser.js";

const STEPS = { retrieve: "Searching your documents…", gate: "Weighing the evidence…", answer: "Writing the answer…" };

function blank(fields) {
  return reactive({
    key: randomId(), id: "", role: "assistant", text: "", parentId: null, runId: null, live: false, step: "", passages: [], citations: [], tools: [], said: [], question: null,
    usage: null, outcome: "", state: "", error: null, revision: 0, retold: null, branch: null, versions: [], ...fields,
  });
}

export function newQuestion(text, parentId, versions) {
  return blank({ role: "user", text, parentId, versions });
}

export function newAnswer() {
  return blank({ live: true, step: "Sending your question…" });
}

export function fromApi(message) {
  const live = message.state === "streaming";
  return blank({
    id: message.id, role: message.role, parentId: message.parent_id ?? null, runId: message.run_id ?? null, live,
    text: live ? "" : message.text, step: live ? "Catching up…" : "",
    passages: live ? [] : message.passages || [], citations: live ? [] : message.citations || [],
    tools: live ? [] : (message.tool_calls || []).map((call) => ({ ...call, done: true })),
    said: live ? [] : message.instructions || [],
    branch: message.branch || null, versions: message.versions || [],
    usage: message.usage || null, outcome: message.outcome || "", state: message.state,
    error: message.error ? { ...message.error, requestId: message.error.request_id } : null,
  });
}

function custom(message, name, value) {
  if (name === "passages") message.passages = value;
  else if (name === "citations") message.citations = value;
  else if (name === "usage") message.usage = value;
  else if (name === "branched") message.branch = value;
  else if (name === "steered") message.said = [...message.said.filter((each) => !value.some((other) => other.id === each.id)), ...value];
  else if (name === "question") Object.assign(message, { question: value, step: "" });
}

// An answer that another process goes on with, or begins anew, keeps what is shown until there is as much again: no flicker.
function retell(message, content) {
  message.retold = content;
  catchUp(message);
}

function add(message, delta) {
  if (message.retold === null) message.text += delta;
  else retell(message, message.retold + delta);
}

function catchUp(message, { now = false } = {}) {
  if (message.retold === null || (!now && message.retold.length < message.text.length)) return;
  message.text = message.retold;
  message.retold = null;
}

// A call that another process shows again replaces the one of the same place.
function callTool(message, { tool_call_id: id, tool_call_name: name }) {
  message.tools = [...message.tools.filter((call) => call.id !== id), { id, name, arguments: "", result: "", done: false }];
}

function changeTool(message, id, change) {
  message.tools = message.tools.map((call) => (call.id === id ? { ...call, ...change(call) } : call));
}

export function apply(message, event) {
  switch (event.type) {
    case "RUN_STARTED": message.id = event.message_id || message.id; break;
    case "STEP_STARTED": message.step = STEPS[event.step] || "Working…"; break;
    case "TEXT_MESSAGE_START": retell(message, ""); message.step = ""; break;
    case "TEXT_MESSAGE_CONTENT": add(message, event.delta); message.step = ""; break;
    case "MESSAGES_SNAPSHOT": retell(message, event.messages.find((each) => each.id === message.id)?.content ?? ""); break;
    case "TOOL_CALL_START": callTool(message, event); message.step = "Using a tool…"; break;
    case "TOOL_CALL_ARGS": changeTool(message, event.tool_call_id, (call) => ({ arguments: call.arguments + event.delta })); break;
    case "TOOL_CALL_RESULT": message.question = null; changeTool(message, event.tool_call_id, () => ({ result: event.content, source: event.source, done: true })); break;
    case "TEXT_MESSAGE_END": catchUp(message, { now: true }); break;
    case "CUSTOM": custom(message, event.name, event.value); break;
    case "RUN_FINISHED": settle(message, { outcome: event.outcome }); break;
    case "RUN_ERROR": settle(message, { outcome: "failed", error: errorOf(event) }); break;
    default: break;
  }
}

function errorOf(event) {
  return { message: event.message, remedy: event.remedy || "", requestId: event.request_id || "" };
}

export function settle(message, { outcome = "", error = null }) {
  catchUp(message, { now: true });
  Object.assign(message, { live: false, step: "", question: null, outcome, error, revision: message.revision + 1 });
}

export function failWith(message, problem) {
  settle(message, { outcome: "failed", error: { message: problem.message, remedy: problem.remedy || "", requestId: problem.requestId || "" } });
}
