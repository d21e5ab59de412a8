/** `amount × part ÷ whole`, to the nearest unit and to the even one from the middle. */
export function share(amount: number, part: number, whole: number): number {
  if (whole <= 0 || part <= 0) return 0;
  const [product, divisor] = [BigInt(amount) * BigInt(part), BigInt(whole)];
  const sign = product < 0n ? -1n : 1n;
  const size = product * sign;
  let result = size / divisor;
  const twice = (size % divisor) * 2n;
  if (twice > divisor || (twice === divisor && result % 2n === 1n)) result += 1n;
  return Number(result * sign);
}
