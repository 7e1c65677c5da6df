/** `lithoscope gateway`: what is on a Pushgateway, and what can be done about it. */
import { gatewayCommand } from "../profiler/gateway_command.ts";

/** The command; it reads its arguments by itself. */
export function gateway(args: string[]): Promise<number> {
  return gatewayCommand(args);
}
