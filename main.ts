/** The door: the relay, or the client tool when the first argument says so. */
import { runClient } from "./client/run.ts";
import { runRelay } from "./relay/start.ts";

const [first, ...rest] = Deno.args;
const terminal = {
  print: (line: string) => console.log(line),
  printError: (line: string) => console.error(line),
};
Deno.exit(
  first === "client" ? await runClient(rest, terminal) : await runRelay(Deno.args, terminal),
);
