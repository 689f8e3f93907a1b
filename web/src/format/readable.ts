// Names and labels as they may be shown: whatever a stranger put into them.

/**
 * Controls, and characters that change the direction of writing or show nothing, with which one name can look like another. Those of
 * the terminal: both are held to tests/terminal/golden/characters.tsv.
 */
const HIDDEN = /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** For display only; what is asked for, compared or linked to stays as it is. */
export const readable = (text: string): string => text.replace(HIDDEN, '\ufffd');
