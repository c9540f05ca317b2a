export { AddPasskey as default } from "lx-dashboard";
