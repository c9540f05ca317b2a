// Downloads the original file.
import { download } from "../download.js";

export const DownloadButton = {
  props: { path: String, name: String, label: String },
  methods: { download },
  template: `<button type="button" class="lx-btn" @click="download(path, name)"><i class="lx-i lx-i-download" aria-hidden="true"></i><span>{{ label }}</span></button>`,
};
