const escape = "\u001b[";

/** ANSI colours, which Jupyter's front ends draw in tracebacks. */
export const red = (text: string): string => `${escape}31m${text}${escape}39m`;
export const bold = (text: string): string => `${escape}1m${text}${escape}22m`;
export const dim = (text: string): string => `${escape}2m${text}${escape}22m`;
