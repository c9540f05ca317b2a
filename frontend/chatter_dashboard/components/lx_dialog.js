export { Dialog as default } from "lx-dashboard";
