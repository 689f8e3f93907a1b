// When the server asks for a token that this page does not have any more, the page goes where it is asked for, and comes back.

const NOT_LET_IN = 401;

/** The login page, with the way back to this view: what stands after the # never reaches a server by itself. */
export function loginAddress({ pathname, search, hash }: Readonly<Pick<Location, 'pathname' | 'search' | 'hash'>>): string {
  return `login?next=${encodeURIComponent(pathname + search + hash)}`;
}

/** Whether an answer says that the token is asked for; then the page is on its way there. */
export function isSentToLogin(response: Response): boolean {
  if (response.status !== NOT_LET_IN) return false;
  location.assign(new URL(loginAddress(location), document.baseURI));
  return true;
}

/** Finds out whether it is for want of a token that a connection fails: of a WebSocket that was refused a page is not told why. */
export async function askWhetherLoginIsNeeded(): Promise<void> {
  try {
    isSentToLogin(await fetch('api/openapi.json', { method: 'HEAD', cache: 'no-store', headers: { Accept: 'application/json' } }));
  } catch {
    // No answer at all: then it is not the token, and the page tries again.
  }
}
