package dev.keyturn.sidecar;

import dev.keyturn.sidecar.endpoint.Endpoint.Reply;
import dev.keyturn.sidecar.health.Readiness;
import dev.keyturn.sidecar.health.Readiness.Trouble;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import dev.keyturn.sidecar.usage.Usage;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** What the endpoint answers. */
record Pages(Readiness readiness, Metrics metrics, Usage usage) {
  private static final String VERSION =
      Objects.requireNonNullElse(Pages.class.getPackage().getImplementationVersion(), "unknown");

  Reply page(String path) {
    return switch (path) {
      case "/healthz" -> new Reply(200, "text/plain", "ok\n");
      case "/readyz" -> ready();
      case "/metrics" ->
          new Reply(
              200,
              "text/plain; version=0.0.4; charset=utf-8",
              metrics.text(VERSION, readiness.isReady(), usage.samples()));
      case "/secrets" -> new Reply(200, "application/json", usage.page());
      default ->
          new Reply(404, "text/plain", "there is /healthz, /readyz, /secrets and /metrics\n");
    };
  }

  private Reply ready() {
    boolean ready = readiness.isReady();
    SecretText json = new SecretText();
    json.append("{\"ready\":").append(Boolean.toString(ready)).append(",\"troubles\":[");
    String separator = "";
    for (Trouble trouble : readiness.troubles()) {
      json.append(separator).append("{\"secret\":");
      Json.quote(trouble.secret(), json);
      Json.quote(trouble.reference(), json.append(",\"reference\":"));
      json.append(",\"state\":\"").append(trouble.state().text()).append('"');
      json.append(",\"required\":").append(Boolean.toString(trouble.required()));
      Json.quote(trouble.reason(), json.append(",\"reason\":"));
      json.append('}');
      separator = ",";
    }
    json.append("]}\n");
    return new Reply(
        ready ? 200 : 503, "application/json", new String(json.toUtf8(), StandardCharsets.UTF_8));
  }
}
