/** How npm and pip say that they could not reach their registry. */
const NETWORK_FAILURE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|Failed to establish a new connection|Temporary failure in name resolution|Connection refused|Network is unreachable|nodename nor servname|getaddrinfo failed|Max retries exceeded/;

/**
 * Whether a package manager failed because its registry was out of reach.
 *
 * @param {string} output what it printed
 */
export function isNetworkFailure(output) {
  return NETWORK_FAILURE.test(output);
}
