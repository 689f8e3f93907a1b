// When the server requires a token that this page lacks, the page goes to the login, and comes back.

const NOT_LET_IN = 401;

/** The login page, with the way back to this view: browsers do not send the part after the #. */
export function loginAddress({ pathname, search, hash }: Readonly<Pick<Location, 'pathname' | 'search' | 'hash'>>): string {
  return `login?next=${encodeURIComponent(pathname + search + hash)}`;
}

/** True if an answer requires the token; the page is then going to the login. */
export function isSentToLogin(response: Response): boolean {
  if (response.status !== NOT_LET_IN) return false;
  location.assign(new URL(loginAddress(location), document.baseURI));
  return true;
}

/** Checks if a connection fails because of a missing token: browsers do not tell why a WebSocket was refused. */
export async function askWhetherLoginIsNeeded(): Promise<void> {
  try {
    isSentToLogin(await fetch('api/openapi.json', { method: 'HEAD', cache: 'no-store', headers: { Accept: 'application/json' } }));
  } catch {
    // No answer at all: the token is not the cause, and the page retries.
  }
}
