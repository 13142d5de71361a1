/** Candidates that contain `word`, at most three, else the one most like it, else none. */
export function nearest(word: string, candidates: readonly string[]): readonly string[] {
  const containing = candidates.filter((candidate) => word.length > 3 && candidate.includes(word));
  if (containing.length > 0) return containing.slice(0, 3);
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, best.candidate.length * 0.4) ? [best.candidate] : [];
}

/** "; did you mean a or b?", or `otherwise` when nothing is like `word`. */
export function didYouMean(word: string, candidates: readonly string[], otherwise: string): string {
  const found = nearest(word, candidates);
  return found.length === 0 ? `; ${otherwise}` : `; did you mean ${found.join(' or ')}?`;
}

/** Insertions, deletions and replacements that lead from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
