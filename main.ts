/** The door: the relay, or the client tool when the first argument says so. */
import { runClient } from "./client/run.ts";
import { runRelay } from "./relay/start.ts";

/** Exit code after `sysexits.h`: what was asked for could not be written. */
const EXIT_IO = 74;
let problem: Error | null = null;

/** Keeps a failure for the end: only a reader that went away has all it wanted. */
const said = (write: (line: string) => void, failed?: (error: Error) => void) => (line: string) => {
  try {
    write(line);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) failed?.(error as Error);
  }
};
const terminal = {
  print: said(console.log, (error) => problem = error),
  printError: said(console.error),
};
const [first, ...rest] = Deno.args;
const code = await (first === "client" ? runClient(rest, terminal) : runRelay(Deno.args, terminal));
if (problem) terminal.printError("wzp-relay: Cannot write to standard output: is the disk full?");
Deno.exit(code === 0 && problem ? EXIT_IO : code);
