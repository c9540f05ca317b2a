// A provider of models on loopback, until its input is closed. It says its address as a line of JSON; its fixtures and
// its journal are then reached by its own control routes, under /__aimock.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ host: "127.0.0.1", port: 0, journalMaxEntries: 0 });
await mock.start();
process.stdout.write(JSON.stringify({ url: mock.url }) + "\n");
process.stdin.on("data", () => {});
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});
