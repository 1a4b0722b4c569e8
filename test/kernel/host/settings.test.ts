import assert from "node:assert/strict";
import { join } from "node:path";
import { jupyterDataFolder, readSettings } from "../../../kernel/host/settings.ts";

describe("jupyterDataFolder(environment, platform)", () => {
  it("follows JUPYTER_DATA_DIR, then the platform's habit", () => {
    assert.equal(jupyterDataFolder({ JUPYTER_DATA_DIR: "/data" }), "/data");
    assert.equal(jupyterDataFolder({ XDG_DATA_HOME: "/xdg" }, "linux"), join("/xdg", "jupyter"));
    assert.match(jupyterDataFolder({}, "darwin"), /Library.Jupyter$/);
    assert.equal(jupyterDataFolder({ APPDATA: "/app" }, "win32"), join("/app", "jupyter"));
  });
});

describe("readSettings(environment)", () => {
  it("keeps the history in Jupyter's data folder", () => {
    const { historyFolder } = readSettings({ JUPYTER_DATA_DIR: "/data" });
    assert.equal(historyFolder, join("/data", "matrix-composition", "history"));
  });

  it("takes what is set", () => {
    const settings = readSettings({
      MATRIX_COMPOSITION_TYPE_ERRORS: "warn",
      MATRIX_COMPOSITION_OUTPUT_LIMIT: "5",
      MATRIX_COMPOSITION_HISTORY: "off",
      MATRIX_COMPOSITION_INTERRUPT_PATIENCE: "100",
      MATRIX_COMPOSITION_CHECK_PATIENCE: "200",
    });
    const { typeErrors, outputLimit, historyFolder, interruptPatience, checkPatience } = settings;
    assert.deepEqual(
      [typeErrors, outputLimit, historyFolder, interruptPatience, checkPatience],
      ["warn", 5, undefined, 100, 200],
    );
    assert.equal(readSettings({ MATRIX_COMPOSITION_TYPE_ERRORS: "off" }).typeErrors, "off");
  });

  it("keeps the default where a value makes no sense", () => {
    const settings = readSettings({
      MATRIX_COMPOSITION_TYPE_ERRORS: "maybe",
      MATRIX_COMPOSITION_OUTPUT_LIMIT: "-3",
      MATRIX_COMPOSITION_INTERRUPT_PATIENCE: "soon",
      MATRIX_COMPOSITION_CHECK_PATIENCE: "0",
    });
    assert.deepEqual(
      [settings.typeErrors, settings.outputLimit, settings.interruptPatience, settings.checkPatience],
      ["stop", 2_000_000, 5_000, 60_000],
    );
  });
});
