package dev.keyturn.sidecar;

import dev.keyturn.plan.RefreshHint;
import dev.keyturn.sidecar.endpoint.Endpoint.Reply;
import dev.keyturn.sidecar.endpoint.Endpoint.Request;
import dev.keyturn.sidecar.health.Readiness;
import dev.keyturn.sidecar.health.Readiness.Trouble;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.refresh.Refreshes;
import dev.keyturn.sidecar.refresh.Refreshes.Accepted;
import dev.keyturn.sidecar.refresh.Refreshes.By;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import dev.keyturn.sidecar.usage.Usage;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What the endpoint answers. */
record Pages(Readiness readiness, Metrics metrics, Usage usage, Refreshes refreshes) {
  private static final String SECRET = "secret=";
  private static final String VERSION =
      Objects.requireNonNullElse(Pages.class.getPackage().getImplementationVersion(), "unknown");

  Reply answer(Request request) {
    boolean refresh = request.path().equals("/refresh");
    if (refresh != request.method().equals("POST")) {
      return new Reply(
          405, "text/plain", "POST to /refresh" + (refresh ? "" : ", GET of the others") + "\n");
    }
    return refresh ? refresh(request.query()) : page(request.path());
  }

  private Reply page(String path) {
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
          new Reply(
              404, "text/plain", "there is /healthz, /readyz, /secrets, /metrics and /refresh\n");
    };
  }

  /** Names need no escapes: they are those of files. */
  private Reply refresh(String query) {
    Set<String> secrets = new LinkedHashSet<>();
    for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      if (!pair.startsWith(SECRET) || pair.length() == SECRET.length()) {
        return new Reply(400, "text/plain", "the query is secret=NAME, with & between several\n");
      }
      secrets.add(pair.substring(SECRET.length()));
    }
    Accepted accepted = refreshes.ask(new RefreshHint(secrets, "", Optional.empty()), By.ENDPOINT);
    SecretText json = new SecretText();
    names("{\"refreshing\":[", accepted.secrets(), json);
    names(",\"unknown\":[", accepted.unknown(), json);
    json.append(",\"inMillis\":").append(Long.toString(accepted.pause().toMillis()));
    json.append("}\n");
    return new Reply(
        accepted.unknown().isEmpty() ? 202 : 404,
        "application/json",
        new String(json.toUtf8(), StandardCharsets.UTF_8));
  }

  private static void names(String head, Set<String> names, SecretText json) {
    json.append(head);
    String separator = "";
    for (String name : names) {
      Json.quote(name, json.append(separator));
      separator = ",";
    }
    json.append(']');
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
