/** Hosts of a URL that lead to the user's own machine (RFC 8252 7.3, 8.3), as a URL class writes them. */
export const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];
