/** Somebody in a room or call through the built client, as a process of its own, and what it says at its end. */
import { RelayProcess } from "../harness/relay_process.ts";
import type { VoiceReport } from "../../client/voice_report.ts";
import { judgeTone, type ToneVerdict } from "./tone_recording.ts";

/** Only a hang reaches it. */
const LIMIT_MS = 90_000;

export interface RoomReport extends VoiceReport {
  readonly recorded: { readonly file: string; readonly seconds: number } | null;
  readonly problem: string | null;
}

export class Party implements AsyncDisposable {
  readonly process: RelayProcess;

  private constructor(process: RelayProcess) {
    this.process = process;
  }

  /** Records what it hears into its own home. */
  static async start(...args: string[]): Promise<Party> {
    const words = ["client", "--json", "--record", "heard.raw", ...args];
    return new Party(await RelayProcess.spawn({ args: words }));
  }

  /** Waits for a line of its output that is an object with these fields, and gives it. */
  async line(pattern: RegExp): Promise<Record<string, unknown>> {
    const [line] = await this.process.stdout.match(pattern, LIMIT_MS);
    return JSON.parse(line);
  }

  /** Waits until it has sent so much sound, as its metrics file tells. */
  async saidSeconds(seconds: number): Promise<void> {
    const sent = async () => {
      const text = await Deno.readTextFile(`${this.process.home}/metrics`).catch(() => "");
      const last = text.trim().split("\n").at(-1) ?? "";
      return last === "" ? 0 : Number(JSON.parse(last).frames_sent);
    };
    const limit = performance.now() + LIMIT_MS;
    while (await sent() < seconds * 50) {
      if (performance.now() > limit) throw new Error(`Not ${seconds} s sent:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  get output(): string {
    return this.process.stdout.text + this.process.stderr.text;
  }

  /** Waits until it has ended by itself, and for what it reports of a room. */
  async ended(): Promise<RoomReport> {
    const [line] = await this.process.stdout.match(/^\{"room".*\}$/m, LIMIT_MS);
    await this.process.exit();
    return JSON.parse(line);
  }

  /** Stops it as a user does. */
  async stop(): Promise<RoomReport> {
    this.process.signal("SIGINT");
    return await this.ended();
  }

  /** Of what it recorded. */
  async tone(): Promise<ToneVerdict> {
    return judgeTone(await this.recording());
  }

  recording(): Promise<Uint8Array> {
    return Deno.readFile(`${this.process.home}/heard.raw`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}
