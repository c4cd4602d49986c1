package dev.keyturn.sidecar.rotation;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.plan.TemplateSpec;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import dev.keyturn.template.Answer;
import dev.keyturn.template.Limits;
import dev.keyturn.template.Rendering;
import dev.keyturn.template.Request;
import dev.keyturn.template.Template;
import dev.keyturn.template.TemplateException;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A secret that a template makes from others. Used by the thread of its loop alone. */
final class Making {
  private final SecretSpec spec;
  private final Template template;
  private final boolean strict;
  private boolean due = true;
  private boolean failed;
  private Set<Request> asked = Set.of();

  /**
   * Nothing is made yet.
   *
   * @param spec with a template
   */
  Making(SecretSpec spec) {
    TemplateSpec written = spec.template().orElseThrow();
    this.spec = spec;
    this.template = written.template();
    this.strict = written.errorOnMissingKey();
  }

  SecretSpec spec() {
    return spec;
  }

  /**
   * What is asked, for people and logs. A path, or a parameter's name, that the template does not
   * have as a text may have been made from a secret.
   */
  String shown(Request request) {
    boolean told = template.paths().isPresent() || template.writesOut(request.path(), "?");
    Map<String, String> parameters =
        switch (request) {
          case Request.Secret(var _, var _, var given) -> given;
          case Request.Certificate(var _, var given) -> given;
          case Request.Listing _ -> Map.of();
        };
    var shown = new StringBuilder(Reference.isElsewhere(request.path()) ? "" : "vault:");
    shown.append(told ? request.path() : "(computed)");
    String separator = " with ";
    for (String name : parameters.keySet()) {
      shown.append(separator).append(template.writesOut(name, "=") ? name : "(computed)");
      separator = ", ";
    }
    return shown.toString();
  }

  /** Whether something has changed that it is made from, or it was not made yet. */
  boolean isDue() {
    return due;
  }

  void changed() {
    due = true;
  }

  /** Whether the last try failed by the template itself. */
  boolean isFailed() {
    return failed;
  }

  void save(StateWriter out) {
    out.flag(due).flag(failed).list(asked, Making::save);
  }

  void restore(StateReader in) {
    due = in.flag();
    failed = in.flag();
    asked = Set.copyOf(in.list(Making::restoreRequest));
  }

  static void save(StateWriter out, Request request) {
    switch (request) {
      case Request.Secret(var path, var query, var parameters) ->
          out.text("secret")
              .text(path)
              .map(query, StateWriter::text)
              .map(parameters, StateWriter::text);
      case Request.Listing(var path) -> out.text("listing").text(path);
      case Request.Certificate(var path, var parameters) ->
          out.text("certificate").text(path).map(parameters, StateWriter::text);
    }
  }

  static Request restoreRequest(StateReader in) {
    String kind = in.text();
    String path = in.text();
    return switch (kind) {
      case "secret" ->
          new Request.Secret(path, in.map(StateReader::text), in.map(StateReader::text));
      case "listing" -> new Request.Listing(path);
      default -> new Request.Certificate(path, in.map(StateReader::text));
    };
  }

  /** What the last try asked for. */
  Set<Request> asked() {
    return asked;
  }

  /**
   * Renders it from what is here.
   *
   * @param parts by what they answer
   * @throws FetchException if the template fails
   */
  Rendering render(Map<Request, Member> parts) throws FetchException {
    try {
      Rendering rendering =
          template.render(request -> answer(parts.get(request)), strict, Limits.DEFAULT);
      due = !rendering.missing().isEmpty();
      failed = false;
      asked = rendering.asked();
      return rendering;
    } catch (TemplateException e) {
      // The same again would fail the same way, until what it is made from changes.
      due = false;
      failed = true;
      throw FetchException.permanent(
          "the template fails at %s: correct it, or the secrets that it is made from"
              .formatted(e.getMessage()));
    }
  }

  private static Optional<Answer> answer(@Nullable Member part) {
    return part == null ? Optional.empty() : part.current().map(Making::answer);
  }

  private static Answer answer(Version version) {
    Optional<Lease> lease = version.lease();
    return new Answer(
        lease.flatMap(Lease::id).orElse(""),
        lease.filter(it -> it.id().isPresent()).map(it -> it.duration().toSeconds()).orElse(0L),
        lease.map(Lease::renewable).orElse(false),
        json(version));
  }

  /** The fields as one JSON object. */
  private static String json(Version version) {
    try (SecretText out = new SecretText()) {
      String separator = "{";
      for (var entry : version.fields().entrySet()) {
        Json.quote(entry.getKey(), out.append(separator));
        value(entry.getValue(), out.append(':'));
        separator = ",";
      }
      out.append(separator.equals("{") ? "{}" : "}");
      return new String(out.array(), 0, out.length());
    }
  }

  private static void value(Field field, SecretText out) {
    if (field.kind() == Field.Kind.BYTES) {
      // JSON has no bytes; {{ base64Decode }} has them.
      Json.quote(Base64.getEncoder().encodeToString(field.value().bytes()), out);
      return;
    }
    try (SecretText value = new SecretText()) {
      value.appendUtf8(field.value().bytes());
      if (field.kind() == Field.Kind.JSON) {
        out.append(value);
      } else {
        Json.quote(value, out);
      }
    } catch (CharacterCodingException e) {
      throw new IllegalStateException("a text that is not UTF-8", e);
    }
  }
}
