/** As much of a browser as the live page uses: Deno knows no types of pages. */
import type { LiveChart } from "./_live_charts.ts";

/** As much of an element as is used. */
export interface El {
  textContent: string | null;
  className: string;
  hidden: boolean;
  title: string;
  style: { width: string };
  readonly children: ArrayLike<El>;
  append(...nodes: (El | string)[]): void;
  prepend(...nodes: El[]): void;
  remove(): void;
  addEventListener(name: string, listener: () => void): void;
  replaceChildren(...nodes: El[]): void;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
}

/** As much of a browser as is used. */
export interface Page {
  document: {
    title: string;
    hidden: boolean;
    documentElement: El;
    readonly body: El;
    getElementById(id: string): El;
    createElement(name: string): El;
    addEventListener(name: string, listener: () => void): void;
  };
  Chart: new (canvas: El, chart: LiveChart) => LiveChart & { update(): void };
  EventSource: new (url: string) => {
    readyState: number;
    onopen: () => void;
    onerror: () => void;
    addEventListener(
      name: string,
      listener: (event: { data: string }) => void,
    ): void;
    close(): void;
  };
  getComputedStyle(element: El): { color: string; fontFamily: string };
  requestAnimationFrame(draw: () => void): void;
  matchMedia(query: string): {
    readonly matches: boolean;
    addEventListener(name: string, listener: () => void): void;
  };
}
