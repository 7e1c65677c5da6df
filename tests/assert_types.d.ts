/**
 * Types of Deno std's `assert`, which npm carries as plain JavaScript.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any -- a constructor with any arguments is meant
type AnyConstructor<T> = abstract new (...args: any[]) => T;

/** Thrown by every failed assertion. */
export declare class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions);
}

/** `expr` is truthy. */
export declare function assert(expr: unknown, msg?: string): asserts expr;
/** `expr` is falsy. */
export declare function assertFalse(
  expr: unknown,
  msg?: string,
): asserts expr is false | null | undefined | 0 | "";
/** `actual` and `expected` are deeply equal. */
export declare function assertEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
/** `actual` and `expected` are not deeply equal. */
export declare function assertNotEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
/** `actual` is `expected`, by `Object.is`. */
export declare function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T;
/** `actual` is not `expected`, by `Object.is`. */
export declare function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
/** `actual` is within `tolerance` (default one ten-millionth of `expected`) of `expected`. */
export declare function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void;
/** `actual` holds every element of `expected`, in any order. */
export declare function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void;
/** `actual` is neither `null` nor `undefined`. */
export declare function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T>;
/** `actual > expected`. */
export declare function assertGreater<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
/** `actual >= expected`. */
export declare function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
/** `actual < expected`. */
export declare function assertLess<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
/** `actual <= expected`. */
export declare function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
/** `actual` is an instance of `expectedType`. */
export declare function assertInstanceOf<T>(
  actual: unknown,
  expectedType: AnyConstructor<T>,
  msg?: string,
): asserts actual is T;
/** `actual` is no instance of `unexpectedType`. */
export declare function assertNotInstanceOf<A, T>(
  actual: A,
  unexpectedType: AnyConstructor<T>,
  msg?: string,
): asserts actual is Exclude<A, T>;
/** `error` is an Error, of the class and with the message given. */
export declare function assertIsError<E extends Error = Error>(
  error: unknown,
  errorClass?: AnyConstructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E;
/** `actual` matches `expected`. */
export declare function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void;
/** `actual` does not match `expected`. */
export declare function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void;
/** `actual` has every property of `expected`, with equal values. */
export declare function assertObjectMatch(
  actual: object,
  expected: object,
  msg?: string,
): void;
/** `actual` has `expected` in it. */
export declare function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void;
/** `fn` throws, whatever it is; returns what was thrown. */
export declare function assertThrows(fn: () => unknown, msg?: string): unknown;
/** `fn` throws an error of this class with this in its message; returns it. */
export declare function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: AnyConstructor<E>,
  msgIncludes?: string | RegExp,
  msg?: string,
): E;
/** The promise of `fn` rejects, whatever with; resolves to the reason. */
export declare function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** The promise of `fn` rejects with an error of this class with this in its message; resolves to it. */
export declare function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: AnyConstructor<E>,
  msgIncludes?: string | RegExp,
  msg?: string,
): Promise<E>;
/** Deep equality, as {@linkcode assertEquals} sees it. */
export declare function equal(a: unknown, b: unknown): boolean;
/** Fails. */
export declare function fail(msg?: string): never;
/** Fails, as code came where it cannot come. */
export declare function unreachable(msg?: string): never;
