export { Form as default } from "lx-dashboard";
