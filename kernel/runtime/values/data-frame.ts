import { isObject, type Shape } from "./shapes.ts";
import type { Table } from "./table.ts";

/** Data frames of libraries, told by their calls; nothing for other values. */
export function frameTable(value: Shape): Table | undefined {
  return arquero(value) ?? danfo(value) ?? polars(value);
}

/** Arquero: `numRows()`, `columnNames()`, `get(column, row)`. */
function arquero(value: Shape): Table | undefined {
  const { numRows, columnNames, get } = value;
  if (typeof numRows !== "function" || typeof columnNames !== "function" || typeof get !== "function")
    return undefined;
  return {
    rowCount: Number(numRows.call(value)),
    columns: (columnNames.call(value) as unknown[]).map(String),
    value: (row, column) => get.call(value, column, row) as unknown,
  };
}

/** Danfo.js: `columns`, `values` row after row, `shape`. */
function danfo(value: Shape): Table | undefined {
  const { columns, values, shape } = value;
  if (!Array.isArray(columns) || !Array.isArray(values) || !Array.isArray(shape) || shape.length !== 2)
    return undefined;
  const names = columns.map(String);
  const rows = values as readonly (readonly unknown[] | undefined)[];
  return {
    rowCount: rows.length,
    columns: names,
    value: (row, column) => rows[row]?.[names.indexOf(column)],
  };
}

/** nodejs-polars: `toRecords()`, `columns`, `height`. */
function polars(value: Shape): Table | undefined {
  const { toRecords, columns, height } = value;
  if (typeof toRecords !== "function" || !Array.isArray(columns) || typeof height !== "number")
    return undefined;
  const rows = toRecords.call(value) as readonly unknown[];
  return {
    rowCount: height,
    columns: columns.map(String),
    value: (row, column) => {
      const record = rows[row];
      return isObject(record) ? record[column] : undefined;
    },
  };
}
