export { UsePasskey as default } from "lx-dashboard";
