export { Hits as default } from "lx-dashboard";
