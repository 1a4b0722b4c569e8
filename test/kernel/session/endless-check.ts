/** A cell whose type check does not end: all orders of twelve things, as a type. */
export const ENDLESS_CHECK = `type Orders<T, Each = T> =
  [T] extends [never] ? [] : Each extends Each ? [Each, ...Orders<Exclude<T, Each>>] : never;
declare const orders: Orders<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11>;
const order: [0] = orders;`;
