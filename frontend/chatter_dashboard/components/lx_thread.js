export { Thread as default } from "lx-dashboard";
