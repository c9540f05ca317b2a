// A provider of models on loopback, until its input is closed. It says its address as a line of JSON. Each line of its
// input is a fixture as JSON, taken as it is: its own control routes, under /__aimock, refuse answers that are broken.
import { createInterface } from "node:readline";

import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ host: "127.0.0.1", port: 0, journalMaxEntries: 0 });
await mock.start();
process.stdout.write(JSON.stringify({ url: mock.url }) + "\n");
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  mock.addFixture(JSON.parse(line));
  process.stdout.write("{}\n");
});
lines.on("close", async () => {
  await mock.stop();
  process.exit(0);
});
