// What the page's elements import; each is one Vue component.
export { DownloadButton } from "./documents/download-button.js";
export { Reader } from "./documents/reader.js";
export { Uploader } from "./documents/uploader.js";
export { Dialog } from "./forms/dialog.js";
export { Form } from "./forms/form.js";
export { Secret } from "./forms/secret.js";
export { ThemePicker } from "./forms/theme-picker.js";
export { Filter } from "./lists/filter.js";
export { renderMarkdown } from "./markdown.js";
export { Hits } from "./lists/hits.js";
export { Matrix } from "./lists/matrix.js";
export { Table } from "./lists/table.js";
export { Bars } from "./overview/bars.js";
export { Chart } from "./overview/chart.js";
export { Kpis } from "./overview/kpis.js";
export { Shell } from "./shell/shell.js";
export { Thread } from "./thread/thread.js";
