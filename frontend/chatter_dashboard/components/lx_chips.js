export { Chips as default } from "lx-dashboard";
