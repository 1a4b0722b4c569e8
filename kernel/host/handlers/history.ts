import { flagField, numberField, textField } from "../content.ts";
import type { HistoryEntry } from "../history.ts";
import type { Handler, HandlerParts } from "./handler.ts";
import type { JsonObject } from "../../wire/message.ts";
import { BadRequest } from "../content.ts";

function wanted(content: JsonObject, history: HandlerParts["history"]): HistoryEntry[] {
  const access = textField(content, "hist_access_type", "tail");
  switch (access) {
    case "range": {
      const session = numberField(content, "session", 0);
      return history.range(
        session,
        numberField(content, "start", 0),
        numberField(content, "stop", undefined),
      );
    }
    case "tail":
      return history.tail(numberField(content, "n", 10));
    case "search": {
      const unique = flagField(content, "unique", false);
      return history.search(textField(content, "pattern", "*"), numberField(content, "n", undefined), unique);
    }
    default:
      throw new BadRequest(`hist_access_type should be "range", "tail" or "search", and is "${access}"`);
  }
}

/** Cells of this and earlier sessions. Source: Jupyter messaging 5.5, "History". */
export const history: Handler = ({ message: { content } }, parts) => {
  const withOutput = flagField(content, "output", false);
  const entries = wanted(content, parts.history);
  return {
    status: "ok",
    history: entries.map(({ session, line, input, output }) => [
      session,
      line,
      withOutput ? [input, output ?? null] : input,
    ]),
  };
};
