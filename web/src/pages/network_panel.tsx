// All peers together: the network's state, in words and in a figure.

import { scoreText } from '../format/numbers';
import { VerdictShape } from '../icons';
import { networkWords, parseNetwork } from '../model/peers';
import { fromJson, lastKnown } from '../protocol/ask';
import { usePolled } from './polled';

const READ = fromJson(parseNetwork);

export function NetworkPanel() {
  const network = lastKnown(usePolled('api/metrics/network', READ));
  if (!network || network.peers === 0) return null;
  const { words, level } = networkWords(network);
  return (
    <section class={`verdict verdict-${level}`} aria-label="Network quality">
      <VerdictShape level={level} />
      <div>
        <h2>Network quality: {words}</h2>
        <p class="number">
          {network.score !== null && <><b>{scoreText(network.score)}</b> of 100, grade {network.grade || '–'}; </>}
          {network.connected} of {network.peers} {network.peers === 1 ? 'peer' : 'peers'} well connected.
        </p>
      </div>
    </section>
  );
}
