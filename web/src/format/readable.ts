// Names and labels as they may be shown: whatever a stranger put into them.

/** Characters that change the direction of writing or show nothing, with which one name can look like another. */
const DIRECTION = /[\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** For display only; what is asked for, compared or linked to stays as it is. */
export const readable = (text: string): string => text.replace(DIRECTION, '\ufffd');
