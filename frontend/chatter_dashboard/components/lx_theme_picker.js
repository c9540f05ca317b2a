export { ThemePicker as default } from "lx-dashboard";
