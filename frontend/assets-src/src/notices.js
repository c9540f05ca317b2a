// Toasts and the small native dialogs that ask before something is lost.
export function toast(message, { caption = "", kind = "info" } = {}) {
  window.Quasar.Notify.create({
    message, caption, html: false, position: "bottom-right", timeout: kind === "bad" ? 9000 : 3500, classes: `lx-toast lx-toast-${kind}`,
    actions: [{ label: "Dismiss", noCaps: true, "aria-label": "Dismiss" }],
  });
}

export function toastProblem(problem) {
  const caption = [problem.remedy, problem.requestId ? `Request ${problem.requestId}` : ""].filter(Boolean).join(" · ");
  toast(problem.message, { caption, kind: "bad" });
}

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function openDialog({ title, body, action, danger, input }) {
  const dialog = element("dialog", "lx-dialog lx-dialog-small");
  const form = element("form", "lx-dialog-body");
  form.method = "dialog";
  const heading = element("h2", "lx-dialog-title", title);
  heading.id = `lx-dialog-${Math.random().toString(36).slice(2)}`;
  dialog.setAttribute("aria-labelledby", heading.id);
  form.append(heading);
  if (body) form.append(element("p", "lx-muted", body));
  if (input) form.append(input);
  const foot = element("div", "lx-dialog-foot");
  const cancel = element("button", "lx-btn", "Cancel");
  cancel.value = "";
  cancel.type = "button";
  cancel.addEventListener("click", () => dialog.close(""));
  const confirm = element("button", `lx-btn ${danger ? "lx-btn-danger" : "lx-btn-primary"}`, action);
  confirm.value = "yes";
  foot.append(cancel, confirm);
  form.append(foot);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  (input || (danger ? cancel : confirm)).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
  });
}

export function confirmation({ title, body, action, danger = true }) {
  return openDialog({ title, body, action, danger });
}

export async function askForText({ title, label, value, action }) {
  const input = element("input", "lx-input");
  input.value = value;
  input.required = true;
  input.maxLength = 200;
  input.setAttribute("aria-label", label);
  return (await openDialog({ title, action, input })) ? input.value.trim() : null;
}
