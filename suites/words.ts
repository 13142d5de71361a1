/** "1 request", "3 requests". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** "1 request was", "3 requests were". */
export const countedWere = (count: number, noun: string): string =>
  `${counted(count, noun)} ${count === 1 ? 'was' : 'were'}`;

/** "without aud, and 3 more". */
export function firstAndMore([first, ...others]: readonly string[]): string {
  return others.length === 0 ? first! : `${first}, and ${others.length} more`;
}
