export { DownloadButton as default } from "lx-dashboard";
