// Builds the browser parts into ../chatter_dashboard/assets. Run by `make assets`; the output is committed.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { icons } from "./icons.mjs";

const root = import.meta.dirname;
const out = join(root, "../chatter_dashboard/assets");
const modules = join(root, "node_modules");

function emptyDirectory(path) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
}

function iconSheet() {
  const rules = Object.entries(icons).map(([name, file]) => {
    const svg = readFileSync(join(modules, "lucide-static/icons", `${file}.svg`), "utf8")
      .replace(/<!--.*?-->/gs, "").replace(/\s+class="[^"]*"/, "").replace(/\s+/g, " ").replace("stroke-width=\"2\"", "stroke-width=\"1.75\"").trim();
    return `.lx-i-${name}{--lx-icon:url("data:image/svg+xml,${encodeURIComponent(svg)}")}`;
  });
  return `@layer components{${rules.join("")}}`;
}

function sourceDigest() {
  const hash = createHash("sha256");
  const files = [];
  const walk = (folder) => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else files.push(path);
    }
  };
  for (const part of ["src", "css"]) walk(join(root, part));
  for (const name of ["build.mjs", "icons.mjs", "package-lock.json"]) files.push(join(root, name));
  for (const path of files.sort()) hash.update(relative(root, path).replaceAll("\\", "/")).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

function notices() {
  const packages = ["markdown-it", "linkify-it", "mdurl", "uc.micro", "entities", "punycode.js", "dompurify", "highlight.js", "@fontsource-variable/inter", "lucide-static"];
  return packages.map((name) => {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n${"=".repeat(78)}\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  }).join("\n\n");
}

for (const part of ["esm", "css", "fonts"]) emptyDirectory(join(out, part));

const shared = { bundle: true, minify: true, target: ["chrome111", "firefox114", "safari16.4"], legalComments: "none" };
await build({
  ...shared, entryPoints: [join(root, "src/index.js")], format: "esm", splitting: true, external: ["vue"],
  outdir: join(out, "esm"), chunkNames: "[name]-[hash]",
});
await build({ ...shared, entryPoints: [join(root, "src/login.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/sign-up.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/password.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/login-sso.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/invite.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/prove.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/support.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/consent.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "src/theme.js")], format: "iife", outdir: join(out, "esm") });
await build({ ...shared, entryPoints: [join(root, "css/app.css")], external: ["*.woff2"], outdir: join(out, "css") });
writeFileSync(join(out, "css/icons.css"), iconSheet());

for (const subset of ["latin", "latin-ext"]) {
  cpSync(join(modules, `@fontsource-variable/inter/files/inter-${subset}-wght-normal.woff2`), join(out, `fonts/inter-${subset}.woff2`));
}
writeFileSync(join(out, "THIRD_PARTY_NOTICES.txt"), notices());
writeFileSync(join(out, "sources.sha256"), `${sourceDigest()}\n`);
