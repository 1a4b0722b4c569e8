import { textField } from "../content.ts";
import type { Handler } from "./handler.ts";

/** The comms that are open. Source: Jupyter messaging 5.5, "Comm info". */
export const commInfo: Handler = ({ message: { content } }, { comms }) => {
  const target = textField(content, "target_name", "");
  return comms.info(target === "" ? undefined : target);
};
