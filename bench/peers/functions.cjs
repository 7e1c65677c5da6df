// What pools run in the benchmarks; each peer's worker file hands these functions to its library.

exports.same = (value) => value;

// Each step needs the result of the one before, so its speed hardly depends on what else the core is doing.
exports.spin = (steps) => {
  let x = 1;
  for (let i = 0; i < steps; i++) x = (x * 1103 + 12345) % 2147483647;
  return x;
};
