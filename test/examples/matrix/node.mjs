// Runs the transpiled guest beside it: node.mjs DIRECTORY ARGUMENT…, in Node, Deno or Bun.
//
// DIRECTORY "memory": preview2-shim's files for browsers, which are in memory and on no disk.
import { _setArgs } from "@bytecodealliance/preview2-shim/cli";
import { _setPreopens } from "@bytecodealliance/preview2-shim/filesystem";
import process from "node:process";

const [directory, ...args] = process.argv.slice(2);
_setPreopens({ ".": directory === "memory" ? { dir: {} } : directory });
_setArgs(["guest", ...args]);
const { run } = await import("./guest.js");
let status = 0;
try {
  run.run();
} catch (error) {
  if (error.exitError) {
    status = error.code;
  } else {
    console.error(error);
    status = 1;
  }
}
await new Promise((resolve) => setTimeout(resolve)); // what is written last
process.exit(status);
