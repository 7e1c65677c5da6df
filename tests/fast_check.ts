/**
 * The one place where tests get property testing from.
 *
 * @module
 */
export { default as fc } from "npm:fast-check@4.11.0";
