/** A field of a configuration that cannot be: which field, what it was, what would be right. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly field: string;
  readonly given: unknown;
  constructor(field: string, given: unknown, right: string) {
    super(
      `\`${field}\` of the transformer's configuration is ${given === undefined ? "missing" : JSON.stringify(given)}; it must be ${right}.`,
    );
    this.field = field;
    this.given = given;
  }
}

/** A parameter that is missing, superfluous, of another shape or not finite: which one, and what was expected. */
export class WeightsError extends Error {
  override readonly name = "WeightsError";
  /** The parameter's name in the contract, e.g. `blocks.0.attention.W_Q`. */
  readonly parameter: string;
  constructor(parameter: string, problem: string) {
    super(`Parameter ${parameter}: ${problem}`);
    this.parameter = parameter;
  }
}

/** A hook name or pattern that names nothing in this model. */
export class UnknownHookError extends Error {
  override readonly name = "UnknownHookError";
  readonly hook: string;
  constructor(hook: string, known: readonly string[]) {
    super(
      `No hook point of this model is named or matched by "${hook}". It has ${known.slice(0, 40).join(", ")}` +
        (known.length > 40 ? ` and ${known.length - 40} more.` : "."),
    );
    this.hook = hook;
  }
}

/** Tokens that a model cannot run on. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** What an intervention returned does not fit its hook point: where, what it was, what would be right. */
export class InterventionError extends Error {
  override readonly name = "InterventionError";
  readonly hook: string;
  constructor(hook: string, problem: string) {
    super(`An intervention at ${hook} ${problem}.`);
    this.hook = hook;
  }
}
