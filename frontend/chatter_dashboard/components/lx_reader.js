export { Reader as default } from "lx-dashboard";
