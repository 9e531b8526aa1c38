/* Which stretch of a scale a figure shows. It grows at once when something would fall outside, and shrinks only when
   much of it lies empty: a scale that moved with each look would hide that the values move. */

const AIR = 0.06;
const EMPTY = 0.55; // share of the stretch that is in use, below which it is taken anew

export class Stretch {
  /* zero: whether it starts at nothing. */
  constructor(zero = false) {
    this.zero = zero;
    this.ends = null;
  }

  /* The stretch [low, high] for values that reach from `least` to `most`. */
  over(least, most) {
    const low = this.zero ? Math.min(0, least) : least;
    const size = Math.max(most - low, Math.abs(most) * 1e-3, 1e-6);
    const wanted = [this.zero && low === 0 ? 0 : low - AIR * size, most + AIR * size];
    const held = this.ends;
    const fits = held && wanted[0] >= held[0] - 1e-9 && wanted[1] <= held[1] + 1e-9;
    if (!fits || (most - low) / (held[1] - held[0]) < EMPTY) {
      this.ends = fits || !held ? wanted : [Math.min(wanted[0], held[0]), Math.max(wanted[1], held[1])];
      const used = (most - low) / (this.ends[1] - this.ends[0]);
      if (used < EMPTY) this.ends = wanted;
    }
    return this.ends;
  }
}

/* So many values that stand for all of them: the middle of each of `many` equal shares of the worlds. */
export function quantiles(values, many) {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length <= many) return Array.from(sorted);
  return Array.from({ length: many }, (_, place) => {
    const at = ((place + 0.5) / many) * sorted.length - 0.5;
    const [below, above] = [Math.floor(at), Math.ceil(at)];
    return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
  });
}

/* Dots piled where they would cover each other: [{x, level}], `wide` the width of a dot in units of x. */
export function piled(sorted, wide) {
  const found = [];
  let start = -Infinity;
  let level = 0;
  for (const x of sorted) {
    level = x < start + wide ? level + 1 : 0;
    if (level === 0) start = x;
    found.push({ x: start, level });
  }
  return found;
}
