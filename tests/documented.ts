/**
 * What users can call and what they can say then, as `deno doc` sees it.
 *
 * @module
 */
import { runDeno } from "./run_deno.ts";
import { ROOT } from "./source_tree.ts";

/** The arguments and options of a module. */
export interface Documented {
  /** Arguments of functions and methods: `"Class.method argument"`, `"new Class argument"`, `"function argument"`. */
  args: string[];
  /** Names of options, sorted, by the interface; those it extends are among them. */
  options: Record<string, string[]>;
}

interface Parameter {
  name?: string;
  /** Of one with a default. */
  left?: { name: string };
}

interface Interface {
  properties: { name: string }[];
  extends?: { value: { typeName: string } }[];
}

interface Declaration {
  kind: string;
  def: Interface & {
    params?: Parameter[];
    constructors?: { params: Parameter[] }[];
    methods?: {
      name: string;
      kind: string;
      functionDef: { params: Parameter[] };
    }[];
  };
}

interface Symbols {
  name: string;
  declarations: Declaration[];
}

/** Reads what `entry` exports. Constants that are functions are known by their types alone, and are left out. */
export async function documented(entry: string): Promise<Documented> {
  const { stdout } = await runDeno(["doc", "--json", entry], { cwd: ROOT });
  const { nodes } = JSON.parse(stdout) as {
    nodes: Record<string, { symbols: Symbols[] }>;
  };
  const symbols = Object.values(nodes).flatMap((node) => node.symbols);
  const args = new Set<string>();
  const interfaces = new Map<string, Interface>();
  for (const { name, declarations } of symbols) {
    for (const { kind, def } of declarations) {
      if (kind === "interface") interfaces.set(name, def);
      else if (kind === "function") add(args, name, def.params!);
      else if (kind === "class") {
        for (const { params } of def.constructors ?? []) {
          add(args, `new ${name}`, params);
        }
        for (const { kind, name: method, functionDef } of def.methods ?? []) {
          if (kind !== "getter") {
            add(args, `${name}.${method}`, functionDef.params);
          }
        }
      }
    }
  }
  const namesOf = (name: string): string[] => {
    const found = interfaces.get(name);
    return found === undefined ? [] : [
      ...found.properties.map((property) => property.name),
      ...(found.extends ?? []).flatMap(({ value }) => namesOf(value.typeName)),
    ].toSorted();
  };
  const options: Record<string, string[]> = {};
  for (const name of [...interfaces.keys()].toSorted()) {
    if (/(?<!Error)Options$|^Permissions$/.test(name)) {
      options[name] = namesOf(name);
    }
  }
  return { args: [...args], options };
}

function add(args: Set<string>, name: string, params: Parameter[]): void {
  for (const { name: own, left } of params) {
    args.add(`${name} ${own ?? left?.name}`);
  }
}
