export { Filter as default } from "lx-dashboard";
