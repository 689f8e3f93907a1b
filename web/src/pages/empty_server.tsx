// For a server without its own metrics: how to begin. The lines are those of the README.

const LINES = `#include <kymo/monitor/monitor.h>
kymo::Monitor monitor;  // serves this page
auto requests = monitor.registry().family<kymo::Counter, "method">("http.requests", "Requests answered.");
kymo::Counter gets = requests.with("GET");
gets.add();  // where a request was answered`;

export function EmptyServer() {
  return (
    <section class="card empty-server" aria-labelledby="empty-server">
      <h2 id="empty-server">This program has no metrics of its own yet</h2>
      <p>Kymo measures the process and the host. Five lines add a first metric of the program: its chart appears here within a second.</p>
      <pre tabIndex={0}><code>{LINES}</code></pre>
    </section>
  );
}
