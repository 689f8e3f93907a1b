import { isPinned, togglePin, type Pin } from '../model/pins';

export function PinButton({ pin }: { pin: Pin }) {
  const pinned = isPinned(pin);
  return (
    <button type="button" class="pin" aria-pressed={pinned} onClick={() => togglePin(pin)} aria-label={`Pin ${pin.key} to the board`}>
      {pinned ? 'Pinned' : 'Pin'}
    </button>
  );
}
