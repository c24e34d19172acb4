/** The door: the relay, or the client tool when the first argument says so. */
import { runClient } from "./client/run.ts";
import { runRelay } from "./relay/start.ts";

/** Output that nobody can take (a full disk) is no reason to fail. */
const said = (write: (line: string) => void) => (line: string) => {
  try {
    write(line);
  } catch { /* There is nowhere left to say so. */ }
};
const [first, ...rest] = Deno.args;
const terminal = { print: said(console.log), printError: said(console.error) };
Deno.exit(
  first === "client" ? await runClient(rest, terminal) : await runRelay(Deno.args, terminal),
);
