/** The id of a check's finding in the page. */
export const anchorOf = (check: string) => check.replace('/', '.');
