export { BackendError } from "./errors.ts";
export { startBackend, type BackendName, type BackendReport } from "./start-backend.ts";
