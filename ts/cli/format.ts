/** Numbers as the terminal and the report write them. */

/** `91.6 %` */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
