/** The argument by which a process that starts from the snapshot only says, by its exit code, whether it can be used. */
export const CHECK = "check";
