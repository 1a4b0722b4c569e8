/** How cells import one another. */
export function cellSpecifier(key: number): string {
  return `cell:${key}`;
}

/** The cell that a specifier names: `cell:3`, or `./[cell-3]` as declaration emit writes it. */
export function cellKey(specifier: string): number | undefined {
  const match = /^cell:(\d+)$|\[cell-(\d+)\](?:(?:\.d)?\.[cm]?[jt]sx?)?$/.exec(specifier);
  const key = match?.[1] ?? match?.[2];
  return key === undefined ? undefined : Number(key);
}
