export { Kpis as default } from "lx-dashboard";
