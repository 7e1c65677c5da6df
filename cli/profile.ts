/** `lithoscope profile`: what any program and its descendants use. */
import { profileCommand } from "../profiler/command.ts";

/** The command; it reads its arguments by itself, as those of another program follow them. */
export function profile(args: string[]): Promise<number> {
  return profileCommand(args);
}
