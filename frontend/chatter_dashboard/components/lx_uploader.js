export { Uploader as default } from "lx-dashboard";
