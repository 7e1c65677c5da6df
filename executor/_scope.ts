/**
 * Which names a function uses that it does not declare itself: a small scope analyser over acorn's syntax tree. (The
 * well-known one takes three times as long to load as acorn itself.)
 *
 * What is bound by position rather than by name goes by the same rules under a name that no variable can have: `this`,
 * `super`, `new.target`, `import.meta` and private names such as `#x`.
 */

/** A node of the tree, as loosely as a walk over all kinds of nodes sees it. */
// deno-lint-ignore no-explicit-any
type Node = { type: string } & Record<string, any>;

/** What every function that is not an arrow binds by itself. */
const OWN = ["this", "arguments", "new.target"];

/** What methods and the fields of a class bind. */
const METHOD = [...OWN, "super"];

/** One scope: what it declares, and what is used in it and must come from somewhere. */
class Scope {
  readonly declared = new Set<string>();
  readonly used = new Set<string>();
  readonly parent: Scope | undefined;
  /** Where `var` lands. */
  readonly functionScope: Scope;

  constructor(parent?: Scope, takesVar = false) {
    this.parent = parent;
    this.functionScope = takesVar || parent === undefined
      ? this
      : parent.functionScope;
  }

  /** Hands what is not declared here to the scope around. */
  close(): void {
    for (const name of this.used) {
      if (!this.declared.has(name)) this.parent?.used.add(name);
    }
  }
}

/**
 * The names that `root` (the tree of one expression) uses and does not declare; `undefined` if that cannot be told
 * because it has a `with` statement.
 *
 * @param root an expression
 * @param sloppy true if the source is not strict, where functions in blocks are also visible outside of them
 */
export function freeNames(root: object, sloppy = false): string[] | undefined {
  const analyser = new Analyser(sloppy);
  const names = analyser.run(root as Node);
  return analyser.isDynamic ? undefined : names;
}

class Analyser {
  isDynamic = false;
  readonly #sloppy: boolean;

  constructor(sloppy: boolean) {
    this.#sloppy = sloppy;
  }

  run(root: Node): string[] {
    const scope = new Scope(undefined, true);
    this.#visit(root, scope);
    return [...scope.used].filter((name) => !scope.declared.has(name));
  }

  /** Visits a node that may be missing. */
  #visit(node: Node | null | undefined, scope: Scope): void {
    if (node === null || node === undefined) return;
    switch (node.type) {
      case "Identifier":
      case "PrivateIdentifier": {
        const mark = node.type === "Identifier" ? "" : "#";
        scope.used.add(mark + node.name);
        return;
      }
      case "ThisExpression":
        scope.used.add("this");
        return;
      case "Super":
        scope.used.add("super");
        return;
      case "MetaProperty":
        scope.used.add(`${node.meta.name}.${node.property.name}`);
        return;
      case "ArrowFunctionExpression":
        return this.#function(node, scope, []);
      case "FunctionExpression":
        return this.#functionExpression(node, scope, OWN);
      case "FunctionDeclaration":
        this.#declareFunction(node, scope);
        return this.#function(node, scope, OWN);
      case "ClassDeclaration":
        scope.declared.add(node.id.name);
        return this.#class(node, scope);
      case "ClassExpression":
        return this.#class(node, scope);
      case "VariableDeclaration":
        return this.#variables(node, scope);
      case "MemberExpression":
        this.#visit(node.object, scope);
        if (node.computed || node.property.type === "PrivateIdentifier") {
          this.#visit(node.property, scope);
        }
        return;
      case "Property":
        if (node.computed) this.#visit(node.key, scope);
        if (node.method || node.kind !== "init") {
          return this.#functionExpression(node.value, scope, METHOD);
        }
        return this.#visit(node.value, scope);
      case "UnaryExpression":
        // `typeof name` is how one asks whether a name exists at all
        if (node.operator === "typeof" && node.argument.type === "Identifier") {
          return;
        }
        return this.#visit(node.argument, scope);
      case "LabeledStatement":
        return this.#visit(node.body, scope);
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "CatchClause":
        return this.#inside(scope, (inner) => {
          this.#pattern(node.param, inner, inner);
          this.#visit(node.body, inner);
        });
      case "BlockStatement":
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        return this.#inside(scope, (inner) => this.#children(node, inner));
      case "SwitchStatement":
        this.#visit(node.discriminant, scope);
        return this.#inside(scope, (inner) => this.#all(node.cases, inner));
      case "WithStatement":
        this.isDynamic = true;
        return;
      default:
        return this.#children(node, scope);
    }
  }

  #all(nodes: Iterable<Node | null>, scope: Scope): void {
    for (const node of nodes) this.#visit(node, scope);
  }

  #children(node: Node, scope: Scope): void {
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) {
        for (const each of value) {
          if (typeof each?.type === "string") this.#visit(each, scope);
        }
      } else if (typeof value?.type === "string") this.#visit(value, scope);
    }
  }

  #inside(parent: Scope, body: (scope: Scope) => void, takesVar = false): void {
    const scope = new Scope(parent, takesVar);
    body(scope);
    scope.close();
  }

  /** An expression may name itself, for itself alone. */
  #functionExpression(node: Node, scope: Scope, own: string[]): void {
    this.#inside(scope, (inner) => {
      if (node.id) inner.declared.add(node.id.name);
      this.#function(node, inner, own);
    });
  }

  /** Parameters are a scope of their own: a default value does not see the variables of the body. */
  #function(node: Node, scope: Scope, own: string[]): void {
    this.#inside(scope, (params) => {
      for (const name of own) params.declared.add(name);
      for (const param of node.params) this.#pattern(param, params, params);
      this.#inside(params, (body) => {
        if (node.expression) this.#visit(node.body, body);
        else this.#all(node.body.body, body);
      }, true);
    });
  }

  #declareFunction(node: Node, scope: Scope): void {
    scope.declared.add(node.id.name);
    if (this.#sloppy) scope.functionScope.declared.add(node.id.name);
  }

  #class(node: Node, scope: Scope): void {
    this.#inside(scope, (inner) => {
      if (node.id) inner.declared.add(node.id.name);
      const members: Node[] = node.body.body;
      for (const { key } of members) {
        if (key?.type === "PrivateIdentifier") {
          inner.declared.add(`#${key.name}`);
        }
      }
      this.#visit(node.superClass, inner);
      for (const member of members) {
        if (member.computed) this.#visit(member.key, inner);
        if (member.type === "MethodDefinition") {
          this.#functionExpression(member.value, inner, METHOD);
        } else {
          this.#inside(inner, (own) => {
            for (const name of METHOD) own.declared.add(name);
            if (member.type === "StaticBlock") this.#all(member.body, own);
            else this.#visit(member.value, own);
          }, true);
        }
      }
    });
  }

  #variables(node: Node, scope: Scope): void {
    const target = node.kind === "var" ? scope.functionScope : scope;
    for (const { id, init } of node.declarations) {
      this.#pattern(id, target, scope);
      this.#visit(init, scope);
    }
  }

  /** Declares the names of a pattern in `target`; its default values and computed keys are used in `scope`. */
  #pattern(node: Node | null | undefined, target: Scope, scope: Scope): void {
    switch (node?.type) {
      case "Identifier":
        target.declared.add(node.name);
        return;
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.computed) this.#visit(property.key, scope);
          this.#pattern(property.value ?? property.argument, target, scope);
        }
        return;
      case "ArrayPattern":
        for (const element of node.elements) {
          this.#pattern(element, target, scope);
        }
        return;
      case "RestElement":
        return this.#pattern(node.argument, target, scope);
      case "AssignmentPattern":
        this.#pattern(node.left, target, scope);
        return this.#visit(node.right, scope);
    }
  }
}
