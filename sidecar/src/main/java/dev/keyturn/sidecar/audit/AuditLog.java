package dev.keyturn.sidecar.audit;

import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.io.IOException;
import java.io.OutputStream;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes one JSON line for each login, fetch and publication, whether it worked or not, and for
 * what else an operator must know. There is no value in a line. Safe for use by several threads.
 */
public final class AuditLog {
  private final OutputStream out;
  private final Workload workload;
  private final InstantSource clock;

  /**
   * Writes to a stream.
   *
   * @param out gets one write per line
   */
  public AuditLog(OutputStream out, Workload workload, InstantSource clock) {
    this.out = out;
    this.workload = workload;
    this.clock = clock;
  }

  /**
   * Writes to a stream.
   *
   * @param error empty if it worked
   */
  public void login(String method, String server, @Nullable String error) {
    write(new Line("login", outcome(error)).add("method", method).add("server", server), error);
  }

  /** A version was read. */
  public void fetched(String secret, String reference, String version) {
    write(
        new Line("fetch", "ok")
            .add("secret", secret)
            .add("reference", reference)
            .add("version", version),
        null);
  }

  /**
   * Another of a secret's places serves it.
   *
   * @param fallback 0 for the one that is meant to
   */
  public void serves(String secret, String reference, int fallback) {
    write(
        new Line("source", fallback == 0 ? "ok" : "fallback")
            .add("secret", secret)
            .add("reference", reference),
        null);
  }

  /** No version could be read, or none that can be published. */
  public void fetchFailed(String secret, String reference, String error) {
    write(new Line("fetch", "failed").add("secret", secret).add("reference", reference), error);
  }

  /** A secret is in another state now. */
  public void state(String secret, String reference, String state, String reason) {
    write(
        new Line("state", state).add("secret", secret).add("reference", reference),
        reason.isEmpty() ? null : reason);
  }

  /**
   * A lease was extended, or the server does that no more.
   *
   * @param what a reference, or {@code token}
   */
  public void renewed(String what, String duration, @Nullable String error) {
    write(
        new Line("renew", outcome(error)).add("reference", what).add("duration", duration), error);
  }

  /** Leases and token were given back. */
  public void revoked(String server, @Nullable String error) {
    write(new Line("revoke", outcome(error)).add("server", server), error);
  }

  /** The server does not answer, or answers again. */
  public void server(String server, boolean up, @Nullable String error) {
    write(new Line("server", up ? "up" : "down").add("server", server), error);
  }

  /** A generation is visible. */
  public void published(String mount, String generation, boolean changed) {
    write(
        new Line("publish", changed ? "changed" : "unchanged")
            .add("mount", mount)
            .add("generation", generation),
        null);
  }

  /** The generation before is still there. */
  public void publishFailed(String mount, String error) {
    write(new Line("publish", "failed").add("mount", mount), error);
  }

  /**
   * What a plan has done after a change was done, or given up.
   *
   * @param action what, to what
   * @param error empty if it worked
   */
  public void onChange(String secret, String action, @Nullable String error) {
    write(new Line("on-change", outcome(error)).add("secret", secret).add("action", action), error);
  }

  /**
   * Looks that somebody has asked for are over, or were asked for in vain.
   *
   * @param by the way in which they were
   * @param hint the asker's own words; may be empty
   * @param secrets with commas between; empty for all
   * @param error empty if it worked
   */
  public void refreshed(String by, String hint, String secrets, @Nullable String error) {
    write(
        new Line("refresh", outcome(error)).add("by", by).add("hint", hint).add("secrets", secrets),
        error);
  }

  /** A process says that it uses a version. */
  public void acknowledged(String secret, String version, String container, int process) {
    write(
        new Line("acknowledged", "ok")
            .add("secret", secret)
            .add("version", version)
            .add("container", container)
            .add("process", Integer.toString(process)),
        null);
  }

  /** Something that an operator should look at. */
  public void warning(String message) {
    write(new Line("sidecar", "warning"), message);
  }

  private static String outcome(@Nullable String error) {
    return error == null ? "ok" : "failed";
  }

  private void write(Line line, @Nullable String error) {
    byte[] bytes =
        line.add("error", error == null ? "" : error)
            .add("pod", workload.pod())
            .add("namespace", workload.namespace())
            .add("serviceAccount", workload.serviceAccount())
            .add("node", workload.node())
            .end();
    synchronized (out) {
      try {
        out.write(bytes);
        out.flush();
      } catch (IOException e) {
        // Where the log can't be written there is nowhere to say so; secrets go on.
      }
    }
  }

  /** One line under construction; fields without content are left out. */
  private final class Line {
    private final SecretText text = new SecretText();

    Line(String event, String outcome) {
      text.append("{\"time\":\"")
          .append(clock.instant().truncatedTo(ChronoUnit.MILLIS).toString())
          .append("\",\"event\":\"")
          .append(event)
          .append('"');
      add("outcome", outcome);
    }

    Line add(String name, String value) {
      if (!value.isEmpty()) {
        Json.quote(name, text.append(','));
        Json.quote(value, text.append(':'));
      }
      return this;
    }

    byte[] end() {
      return text.append("}\n").toUtf8();
    }
  }
}
