export { Chart as default } from "lx-dashboard";
