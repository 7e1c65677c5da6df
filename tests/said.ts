/** What is logged while a test looks. */
import { terminal } from "../executor/terminal.ts";
import { until } from "./executors.ts";

/** Keeps what is logged from now on, in place of stderr. */
export function listen() {
  const { print } = terminal;
  let said = "";
  terminal.print = (text) => void (said += text);
  return {
    /** All of it. */
    get text() {
      return said;
    },
    /** Resolves to the first line that has this in it; rejects after half a minute. */
    async line(part: string): Promise<string> {
      const find = () => said.split("\n").find((line) => line.includes(part));
      await until(() => find() !== undefined, 30);
      return find()!;
    },
    [Symbol.dispose]: () => void (terminal.print = print),
  };
}
