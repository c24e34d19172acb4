/** The door: the relay, or the client tool when the first argument says so. */
import { runClient } from "./client/run.ts";
import { denoTransport } from "./quic/deno/transport.ts";
import { peekCertificate } from "./quic/peek_certificate.ts";
import { runRelay } from "./relay/start.ts";

/** Output that nobody can take (a full disk) is no reason to fail. */
const said = (write: (line: string) => void) => (line: string) => {
  try {
    write(line);
  } catch { /* There is nowhere left to say so. */ }
};
const [first, ...rest] = Deno.args;
const surroundings = {
  transport: denoTransport({ peek: peekCertificate }),
  print: said(console.log),
  printError: said(console.error),
};
Deno.exit(
  first === "client"
    ? await runClient(rest, surroundings)
    : await runRelay(Deno.args, surroundings),
);
