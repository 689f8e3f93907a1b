// What a server shows that measures nothing of its own yet: how to begin. The lines are those of the README.

const LINES = `#include <kymo/monitor/monitor.h>
kymo::Monitor monitor;  // serves this page
auto requests = monitor.registry().family<kymo::Counter, "method">("http.requests", "Requests answered.");
kymo::Counter gets = requests.with("GET");
gets.add();  // where a request was answered`;

export function EmptyServer() {
  return (
    <section class="card empty-server" aria-labelledby="empty-server">
      <h2 id="empty-server">This process measures itself; nothing of its own yet</h2>
      <p>Five lines add the first figure. It appears here within a second, and charts of it by themselves.</p>
      <pre tabIndex={0}><code>{LINES}</code></pre>
    </section>
  );
}
