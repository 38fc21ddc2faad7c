// Real roots of small polynomials, without the trigonometric functions and the cancellation of the closed forms beyond degree
// two.

/** A polynomial by its coefficients, constant first. */
type Polynomial = readonly number[]

/**
 * The roots between low and high at which the sign of a polynomial of degree two or more changes, in rising order. Between two
 * neighbouring roots of its derivative a polynomial is monotonic, so each sign change there encloses exactly one root.
 */
export function rootsBetween(polynomial: Polynomial, low: number, high: number): number[] {
  if (polynomial.length === 3) return quadraticRoots(polynomial).filter(root => root > low && root < high)
  const derivative = derivativeOf(polynomial)
  const bounds = rootsBetween(derivative, low, high)
  bounds.push(high)
  const roots: number[] = []
  let left = low
  let wasPositive = valueAt(polynomial, low) > 0
  for (const right of bounds) {
    const isPositive = valueAt(polynomial, right) > 0
    if (isPositive !== wasPositive)
      roots.push(enclosedRoot({ polynomial, derivative, left, right, isPositive }))
    left = right
    wasPositive = isPositive
  }
  return roots
}

/** Both roots, or none. The formula avoids subtracting nearly equal numbers. */
function quadraticRoots([c, b, a]: Polynomial): number[] {
  const discriminant = b * b - 4 * a * c
  if (!(discriminant > 0)) return []
  const q = -(b + (b < 0 ? -1 : 1) * Math.sqrt(discriminant)) / 2
  const [one, other] = [q / a, c / q]
  return one < other ? [one, other] : [other, one]
}

function derivativeOf(polynomial: Polynomial): number[] {
  const derivative: number[] = []
  for (let i = 1; i < polynomial.length; i++) derivative.push(i * polynomial[i])
  return derivative
}

function valueAt(polynomial: Polynomial, x: number): number {
  let value = 0
  for (let i = polynomial.length - 1; i >= 0; i--) value = value * x + polynomial[i]
  return value
}

interface Bracket {
  polynomial: Polynomial
  derivative: Polynomial
  left: number
  right: number
  /** Whether the polynomial is positive at the right end. It then is negative at the left end, and vice versa. */
  isPositive: boolean
}

/** Newton's method, kept inside the bracket by bisection. */
function enclosedRoot({ polynomial, derivative, left, right, isPositive }: Bracket): number {
  let x = (left + right) / 2
  for (let step = 0; step < 60; step++) {
    const value = valueAt(polynomial, x)
    if (value > 0 === isPositive) right = x
    else left = x
    const newton = x - value / valueAt(derivative, x)
    const next = newton > left && newton < right ? newton : (left + right) / 2
    if (Math.abs(next - x) <= 1e-12 * (1 + Math.abs(x))) return next
    x = next
  }
  return x
}
