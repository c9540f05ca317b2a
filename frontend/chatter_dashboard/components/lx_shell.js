export { Shell as default } from "lx-dashboard";
