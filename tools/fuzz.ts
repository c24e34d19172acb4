/** `deno task fuzz`: throws random and mutated inputs at every decoder for a given time and says what it covered. */
import process from "node:process";
import { runFuzz } from "./fuzz/command.ts";
import { TARGETS } from "./fuzz/targets.ts";

process.exitCode = runFuzz(process.argv.slice(2), TARGETS, (line) => console.log(line));
