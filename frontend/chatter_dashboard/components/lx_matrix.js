export { Matrix as default } from "lx-dashboard";
