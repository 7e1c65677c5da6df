/** Finds the configuration of the project that a module belongs to, which a worker process needs to resolve its imports. */
import { isFile } from "./_files.ts";

const NAMES = ["deno.json", "deno.jsonc"];
const found = new Map<string, string | null>();
const byModule = new Map<string, string | null>();

/** Path of the nearest `deno.json(c)` at or above a `file:` URL; `null` without one, and for a module from elsewhere. */
export function findProjectConfig(url: string): string | null {
  const known = byModule.get(url);
  if (known !== undefined) return known;
  const path = url.startsWith("file:") ? search(new URL(".", url)) : null;
  byModule.set(url, path);
  return path;
}

function search(folder: URL): string | null {
  const known = found.get(folder.href);
  if (known !== undefined) return known;
  let path: string | null = null;
  for (const name of NAMES) {
    const file = new URL(name, folder);
    if (isFile(toPath(file))) {
      path = toPath(file);
      break;
    }
  }
  const parent = new URL("..", folder);
  if (path === null && parent.href !== folder.href) path = search(parent);
  found.set(folder.href, path);
  return path;
}

function toPath(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows"
    ? path.replace(/^\/(?=[A-Z]:)/i, "")
    : path;
}
