export { Bars as default } from "lx-dashboard";
