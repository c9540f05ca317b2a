export { Secret as default } from "lx-dashboard";
