// The SQS emulator on a free port of 127.0.0.1 (its own command line listens everywhere). Prints the
// port, and ends when its standard input does: so it cannot outlive the test that started it.
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const { buildApp } = await import(pathToFileURL(`${folder}/node_modules/fauxqs/dist/app.js`));
const app = buildApp({ logger: false, defaultRegion: "us-east-1" });
const address = await app.listen({ port: 0, host: "127.0.0.1" });
console.log(new URL(address).port);

process.stdin.on("end", () => process.exit(0)).resume();
