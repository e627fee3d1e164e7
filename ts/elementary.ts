/**
 * Logarithm, exponential, power and cosine from additions, multiplications and divisions alone, which round the same on every
 * engine: the last digits of Math.log, exp, pow and cos are the engine's choice, and what trains a model depends on these.
 */

/** ln 2 in two parts, the first of 32 bits: whole multiples of it are exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** ln x of a finite x > 0. Error below 1e-15, relative where x is not near 1. */
export function naturalLogarithm(x: number): number {
  let exponent = 0;
  let mantissa = x;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let power = 21; power >= 1; power -= 2) sum = sum * square + 1 / power;
  return exponent * LN2_HIGH + (2 * s * sum + exponent * LN2_LOW);
}

/** eˣ. Relative error below 1e-15; 0 and infinity beyond what float64 holds. */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 710) return Number.POSITIVE_INFINITY;
  if (x < -746) return 0;
  const whole = Math.floor(x / Math.LN2 + 0.5);
  const rest = x - whole * LN2_HIGH - whole * LN2_LOW;
  let sum = 1;
  for (let term = 14; term >= 1; term--) sum = 1 + (sum * rest) / term;
  // In two steps: 2ⁿ itself may be too small or too large for a number.
  const half = Math.floor(whole / 2);
  return sum * wholePower(2, half) * wholePower(2, whole - half);
}

/** baseⁿ of a base ≥ 0. Relative error of some 1e-16 for each of n multiplications; other exponents cost a logarithm. */
export function power(base: number, exponent: number): number {
  if (Number.isInteger(exponent)) return wholePower(base, exponent);
  return base === 0 ? 0 : exponential(exponent * naturalLogarithm(base));
}

/** baseⁿ of a whole number n. */
function wholePower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return exponent < 0 ? 1 / result : result;
}

/** cos(π·x) of an x in [0, 1], exact at 0, ½ and 1. Error below 1e-15. */
export function cosineOfHalfTurns(x: number): number {
  if (x > 0.5) return -cosineOfHalfTurns(1 - x);
  // Beyond an eighth of a turn the sine of what is left to a quarter.
  const isFar = x > 0.25;
  const angle = Math.PI * (isFar ? 0.5 - x : x);
  const square = angle * angle;
  let sum = 1;
  for (let k = 8; k >= 1; k--) sum = 1 - (sum * square) / (2 * k * (isFar ? 2 * k + 1 : 2 * k - 1));
  return isFar ? angle * sum : sum;
}
