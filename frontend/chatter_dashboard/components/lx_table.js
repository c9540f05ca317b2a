export { Table as default } from "lx-dashboard";
