package dev.keyturn.plan;

import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.io.SegmentedStringWriter;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.BufferRecycler;

/** Plans as JSON, by Jackson's streaming core alone. */
final class JsonText {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(TreeBuilder.MAX_DEPTH + 1)
                  .maxStringLength(Rules.MAX_DOCUMENT)
                  .build())
          .build();

  private JsonText() {}

  static Node read(String text, Place place, Problems problems) {
    var tree = new TreeBuilder(place, problems);
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      int depth = 0;
      boolean done = false;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (done) {
          problems.add(place, "has something after its end: remove it");
          throw problems.exception();
        }
        switch (token) {
          case START_OBJECT -> {
            tree.beginMapping();
            depth++;
          }
          case START_ARRAY -> {
            tree.beginSequence();
            depth++;
          }
          case END_OBJECT, END_ARRAY -> {
            tree.end();
            depth--;
          }
          case VALUE_NULL -> tree.scalar("");
          default -> tree.scalar(parser.getString());
        }
        done = depth == 0;
      }
    } catch (JacksonException e) {
      // Jackson's own message quotes the input.
      var at = e.getLocation();
      problems.add(
          place,
          "not valid JSON"
              + (at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr()));
      throw problems.exception();
    }
    return tree.root();
  }

  static String write(Plan plan) {
    var text = new SegmentedStringWriter(new BufferRecycler());
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      if (plan.vault().isPresent()) {
        json.writeObjectPropertyStart("vault");
        write(json, plan.vault().get());
        json.writeEndObject();
      }
      for (var section : plan.settings().entrySet()) {
        write(json, section.getKey(), section.getValue());
      }
      json.writeObjectPropertyStart("secrets");
      for (SecretSpec secret : plan.secrets()) {
        json.writeObjectPropertyStart(secret.name());
        write(json, secret);
        json.writeEndObject();
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    return text.getAndClear();
  }

  private static void write(JsonGenerator json, VaultSettings vault) {
    json.writeStringProperty("address", vault.address().toString());
    write(json, "namespace", vault.namespace());
    write(json, "ca", vault.ca());
    write(json, "ca-file", vault.caFile());
    write(json, "server-name", vault.serverName());
    if (vault.client().isPresent()) {
      json.writeStringProperty("client-cert-file", vault.client().get().certFile());
      json.writeStringProperty("client-key-file", vault.client().get().keyFile());
    }
    json.writeBooleanProperty("revoke", vault.revoke());
    json.writeStringProperty("timeout", Interval.format(vault.timeout()));
    switch (vault.auth()) {
      case VaultAuth.Kubernetes(var mount, var role, var tokenFile) -> {
        json.writeStringProperty("auth", "kubernetes");
        json.writeStringProperty("auth-mount", mount);
        json.writeStringProperty("role", role);
        json.writeStringProperty("token-file", tokenFile);
      }
      case VaultAuth.Jwt(var mount, var role, var tokenFile) -> {
        json.writeStringProperty("auth", "jwt");
        json.writeStringProperty("auth-mount", mount);
        write(json, "role", role);
        json.writeStringProperty("token-file", tokenFile);
      }
      case VaultAuth.AppRole(var mount, var roleIdFile, var secretIdFile, var wrapped) -> {
        json.writeStringProperty("auth", "approle");
        json.writeStringProperty("auth-mount", mount);
        json.writeStringProperty("role-id-file", roleIdFile);
        write(json, "secret-id-file", secretIdFile);
        json.writeBooleanProperty("wrapped", wrapped);
      }
      case VaultAuth.Cert(var mount, var role) -> {
        json.writeStringProperty("auth", "cert");
        json.writeStringProperty("auth-mount", mount);
        write(json, "role", role);
      }
      case VaultAuth.TokenFile(var tokenFile, var wrapped) -> {
        json.writeStringProperty("auth", "token");
        json.writeStringProperty("token-file", tokenFile);
        json.writeBooleanProperty("wrapped", wrapped);
      }
    }
  }

  private static void write(JsonGenerator json, SecretSpec secret) {
    if (secret.from().isPresent()) {
      if (secret.fallbacks().isEmpty()) {
        json.writeStringProperty("from", secret.from().get().toString());
      } else {
        json.writeArrayPropertyStart("from");
        for (Reference reference : secret.references()) {
          json.writeString(reference.toString());
        }
        json.writeEndArray();
      }
      json.writeStringProperty("format", secret.format().text());
    }
    if (secret.template().isPresent()) {
      TemplateSpec template = secret.template().get();
      json.writeStringProperty("template", template.text());
      json.writeStringProperty("left-delimiter", template.left());
      json.writeStringProperty("right-delimiter", template.right());
      json.writeBooleanProperty("error-on-missing-key", template.errorOnMissingKey());
    }
    if (secret.env().isPresent()) {
      write(json, "env", secret.env().get());
    }
    write(json, "properties", secret.properties());
    if (secret.givenMode().isPresent()) {
      json.writeStringProperty("mode", Mode.format(secret.givenMode().get()));
    }
    if (secret.owner().isPresent()) {
      json.writeStringProperty("owner", secret.owner().get().toString());
    }
    json.writeArrayPropertyStart("containers");
    for (String container : secret.containers()) {
      json.writeString(container);
    }
    json.writeEndArray();
    if (secret.givenRefresh().isPresent()) {
      json.writeStringProperty("refresh", Interval.format(secret.givenRefresh().get()));
    }
    json.writeBooleanProperty("required", secret.required());
    if (!secret.onChange().isEmpty()) {
      json.writeArrayPropertyStart("on-change");
      for (Action action : secret.onChange()) {
        json.writeStartObject();
        write(json, action);
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    write(json, "group", secret.group());
    if (secret.format().isStore()) {
      json.writeStringProperty("store-password", secret.storePassword());
    }
    if (secret.expose() != Expose.VALUE) {
      json.writeStringProperty("expose", secret.expose().text());
    }
    if (!secret.hosts().isEmpty()) {
      json.writeArrayPropertyStart("hosts");
      for (String host : secret.hosts()) {
        json.writeString(host);
      }
      json.writeEndArray();
    }
  }

  private static void write(JsonGenerator json, Action action) {
    switch (action) {
      case Action.Signal(var signal, var target, _) -> {
        json.writeStringProperty("signal", signal);
        switch (target) {
          case Action.Target.ProcessName(var name) -> json.writeStringProperty("process", name);
          case Action.Target.PortOwner(var port) ->
              json.writeStringProperty("port", Integer.toString(port));
        }
      }
      case Action.Http(var url, var method, _) -> {
        json.writeStringProperty("http", url.toString());
        json.writeStringProperty("method", method);
      }
      case Action.Command(var arguments, _) -> {
        json.writeArrayPropertyStart("command");
        for (String argument : arguments) {
          json.writeString(argument);
        }
        json.writeEndArray();
      }
    }
    json.writeStringProperty("timeout", Interval.format(action.timeout()));
  }

  private static void write(JsonGenerator json, String name, Optional<String> value) {
    if (value.isPresent()) {
      json.writeStringProperty(name, value.get());
    }
  }

  private static void write(JsonGenerator json, String name, Map<String, String> entries) {
    json.writeObjectPropertyStart(name);
    for (var entry : entries.entrySet()) {
      json.writeStringProperty(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
  }
}
