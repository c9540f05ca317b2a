// Downloads go through fetch: a plain link could not name the organisation, and would show a problem as a file.
import { apiHeaders, apiUrl, leaveWhenSignedOut, offline, problemOf } from "./http.js";
import { toastProblem } from "./notices.js";

export async function download(path, name) {
  try {
    const response = await fetch(apiUrl(path), { headers: apiHeaders(), credentials: "same-origin" }).catch(() => { throw offline(); });
    if (!response.ok) throw await problemOf(response);
    const address = URL.createObjectURL(await response.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  } catch (problem) {
    if (!leaveWhenSignedOut(problem)) toastProblem(problem);
  }
}
