// Makes names and labels safe to show, even a stranger's.

/**
 * Controls, and characters that change the direction of writing or show nothing, with which one name can look like another. Those of
 * the terminal: both are held to tests/terminal/golden/characters.tsv.
 */
const HIDDEN = /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** For display only; requests, comparisons and links use the original. */
export const readable = (text: string): string => text.replace(HIDDEN, '\ufffd');
