export { Tail as default } from "lx-dashboard";
