package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.VaultSettings;
import dev.keyturn.sidecar.http.Dialer;
import dev.keyturn.sidecar.http.Server;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Outcome;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.vault.SocketHttpClient.ThrottledException;
import io.github.jopenlibs.vault.EnvironmentLoader;
import io.github.jopenlibs.vault.VaultConfig;
import io.github.jopenlibs.vault.VaultException;
import io.github.jopenlibs.vault.api.Logical;
import io.github.jopenlibs.vault.json.Json;
import io.github.jopenlibs.vault.json.JsonArray;
import io.github.jopenlibs.vault.json.JsonObject;
import io.github.jopenlibs.vault.json.JsonValue;
import io.github.jopenlibs.vault.json.ParseException;
import io.github.jopenlibs.vault.response.LogicalResponse;
import io.github.jopenlibs.vault.rest.Rest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * All that is asked of a Vault or OpenBao, through the driver, which appears in no other class. Its
 * {@code Vault} and {@code Auth} are left out: the first brings java.util.logging, and the second
 * knows neither a certificate's role nor a token's type; so are its settings from the environment,
 * and its idea of KV versions: paths are given as the API has them. Safe for use by several
 * threads.
 */
final class VaultClient implements AutoCloseable {
  /** So many at a time: one slow path leaves room for the others, and few connections are open. */
  private static final int CONCURRENT = 4;

  /** With less left, it is our clock that is wrong: each new certificate would be over already. */
  private static final Duration SHORTEST_LIFE = Duration.ofSeconds(1);

  /** How often a new one is issued where the clock is wrong. */
  private static final Duration ASSUMED_LIFE = Duration.ofSeconds(30);

  private final VaultSettings settings;
  private final InstantSource clock;
  private final Metrics metrics;
  private final Gate gate;
  private final SocketHttpClient http;
  private final Semaphore permits = new Semaphore(CONCURRENT, /* fair= */ true);

  VaultClient(VaultSettings settings, Gate gate, Metrics metrics, InstantSource clock) {
    this.settings = settings;
    this.gate = gate;
    this.metrics = metrics;
    this.clock = clock;
    this.http = new SocketHttpClient(new Dialer(server(settings)), settings.timeout());
  }

  /** What the driver sets up at its first request: a TLS context, also for plain HTTP. */
  static void load() {
    new Rest();
  }

  private static Server server(VaultSettings settings) {
    return new Server(
        settings.address(),
        settings.ca(),
        settings.caFile(),
        settings.serverName(),
        settings.client());
  }

  /** Where a path is mounted, and what serves it. */
  record Engine(String mount, boolean kv1, boolean kv2) {}

  /** An answer that is not the one hoped for. */
  static final class StatusException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * @param message what the server says of it, may be empty
     */
    StatusException(int status, String message) {
      super(message);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /**
   * Logs in.
   *
   * @param mount where the auth method is enabled
   * @param shown what the method asks for, by its own names
   * @throws StatusException if the server refuses
   */
  Token login(String mount, Map<String, Object> shown)
      throws FetchException, StatusException, InterruptedException {
    JsonObject body = write(null, "auth/" + mount + "/login", shown, texts(shown.values()));
    return token(body, "login");
  }

  /** The token of an answer. */
  private Token token(JsonObject body, String what) throws FetchException {
    JsonValue value = body.get("auth");
    if (value == null || !value.isObject()) {
      throw FetchException.permanent(
          "%s at %s gave no token: is this a Vault or OpenBao, and does the login need a second factor?"
              .formatted(what, settings.address()));
    }
    JsonObject auth = value.asObject();
    String text = auth.getString("client_token", "");
    if (text.isEmpty()) {
      throw FetchException.permanent(
          "%s at %s gave no token: does it need a second factor?"
              .formatted(what, settings.address()));
    }
    boolean batch = auth.getString("token_type", "").equals("batch");
    return new Token(text, batch, /* ours= */ true, life(auth, "lease_duration"), clock.instant());
  }

  /** How long a token lives; empty for one that does not end. */
  private static Optional<Lease> life(JsonObject of, String name) {
    long seconds = of.getLong(name, 0);
    return seconds <= 0
        ? Optional.empty()
        : Optional.of(
            new Lease(
                Optional.empty(), Duration.ofSeconds(seconds), of.getBoolean("renewable", false)));
  }

  /**
   * A token that somebody else made; what may not be asked of it stays unknown.
   *
   * @throws StatusException if the server can't tell
   */
  Token adopt(String text) throws FetchException, StatusException, InterruptedException {
    Token unknown = new Token(text, false, false, Optional.empty(), clock.instant());
    try {
      JsonObject data = data(read(unknown, "auth/token/lookup-self", ""));
      boolean batch = data.getString("type", "").equals("batch");
      return new Token(text, batch, false, life(data, "ttl"), clock.instant());
    } catch (StatusException e) {
      if (e.status() != 403) {
        throw e;
      }
      return unknown;
    }
  }

  /**
   * Whether the server still knows the token; false also where the token may not ask.
   *
   * @throws StatusException if the server can't tell
   */
  boolean knows(Token token) throws FetchException, StatusException, InterruptedException {
    try {
      read(token, "auth/token/lookup-self", "");
      return true;
    } catch (StatusException e) {
      if (e.status() != 403) {
        throw e;
      }
      return false;
    }
  }

  /** Extends a token's life; what was granted. */
  Optional<Lease> renew(Token token, Duration asked)
      throws FetchException, StatusException, InterruptedException {
    JsonObject body =
        write(
            token,
            "auth/token/renew-self",
            Map.of("increment", asked.toSeconds() + "s"),
            List.of(token.text()));
    JsonValue auth = body.get("auth");
    return auth == null || !auth.isObject()
        ? Optional.empty()
        : life(auth.asObject(), "lease_duration");
  }

  /** Gives a token back, with all the leases under it. */
  void revoke(Token token) throws FetchException, StatusException, InterruptedException {
    write(token, "auth/token/revoke-self", Map.of(), List.of(token.text()));
  }

  /**
   * Where the content of a wrapping token was made, which asking does not use up.
   *
   * @throws StatusException if it is over, or was opened already
   */
  String wrappedBy(String wrapping) throws FetchException, StatusException, InterruptedException {
    return data(write(null, "sys/wrapping/lookup", Map.of("token", wrapping), List.of(wrapping)))
        .getString("creation_path", "");
  }

  /** Opens a wrapped secret-id. */
  String unwrapSecretId(String wrapping)
      throws FetchException, StatusException, InterruptedException {
    return data(unwrap(wrapping)).getString("secret_id", "");
  }

  /** Opens a wrapped token, which is then ours. */
  Token unwrapToken(String wrapping) throws FetchException, StatusException, InterruptedException {
    return token(unwrap(wrapping), "unwrapping");
  }

  private JsonObject unwrap(String wrapping)
      throws FetchException, StatusException, InterruptedException {
    Token opener = new Token(wrapping, false, false, Optional.empty(), clock.instant());
    return write(opener, "sys/wrapping/unwrap", Map.of(), List.of(wrapping));
  }

  /** Asks which engine serves a path; any token that may do something there may ask. */
  Engine engine(Token token, String path)
      throws FetchException, StatusException, InterruptedException {
    JsonObject data = data(read(token, "sys/internal/ui/mounts/" + path, ""));
    String mount = data.getString("path", "");
    JsonValue options = data.get("options");
    boolean second =
        options != null
            && options.isObject()
            && "2".equals(options.asObject().getString("version", "1"));
    // "generic" is KV v1 by its name from before KV was an engine of its own.
    String type = data.getString("type", "");
    boolean kv = type.equals("kv") || type.equals("generic");
    return new Engine(mount, kv && !second, kv && second);
  }

  /**
   * Reads a path as it is.
   *
   * @param parameters go into the query
   */
  Version readPath(Token token, String path, Map<String, String> parameters)
      throws FetchException, StatusException, InterruptedException {
    return version(read(token, path, query(parameters)));
  }

  /**
   * Has a path do what it does.
   *
   * @param parameters go into the body
   */
  Version writePath(Token token, String path, Map<String, String> parameters)
      throws FetchException, StatusException, InterruptedException {
    List<String> shown = new ArrayList<>(parameters.values());
    shown.add(token.text());
    return version(write(token, path, new TreeMap<>(parameters), shown));
  }

  /**
   * Has the transit engine decrypt, all by one request.
   *
   * @param ciphertexts as it made them: {@code vault:v1:...}
   * @return in the same order, what the caller wipes
   */
  List<byte[]> decrypt(Token token, String path, List<String> ciphertexts)
      throws FetchException, StatusException, InterruptedException {
    JsonArray batch = new JsonArray();
    ciphertexts.forEach(text -> batch.add(new JsonObject().add("ciphertext", text)));
    Map<String, Object> body = Map.of("batch_input", batch);
    JsonValue results = data(write(token, path, body, List.of(token.text()))).get("batch_results");
    List<byte[]> plain = new ArrayList<>();
    if (results != null && results.isArray() && results.asArray().size() == ciphertexts.size()) {
      for (JsonValue result : results.asArray()) {
        String error = result.asObject().getString("error", "");
        if (!error.isEmpty()) {
          throw new StatusException(400, error);
        }
        plain.add(Base64.getDecoder().decode(result.asObject().getString("plaintext", "")));
      }
      return plain;
    }
    throw FetchException.temporary(
        "%s: the answer for %s is none of a transit engine".formatted(settings.address(), path),
        null);
  }

  private Version version(JsonObject body) throws FetchException {
    JsonObject data = data(body);
    return new Version(Optional.empty(), fields(data), lease(body).or(() -> certificate(data)));
  }

  /**
   * Reads a secret of KV v2.
   *
   * @param path with its {@code data} segment
   * @param version empty for the current one
   * @param whole whether what is around the secret's fields is a field, too
   */
  Version readKv2(Token token, String path, Optional<String> version, boolean whole)
      throws FetchException, StatusException, InterruptedException {
    JsonObject body = data(read(token, path, version.map(n -> "?version=" + n).orElse("")));
    JsonValue data = body.get("data");
    JsonValue metadata = body.get("metadata");
    if (data == null || !data.isObject() || metadata == null || !metadata.isObject()) {
      throw new StatusException(404, "this version is deleted or destroyed");
    }
    JsonValue number = metadata.asObject().get("version");
    return new Version(
        Optional.ofNullable(number).map(JsonValue::toString),
        fields(whole ? body : data.asObject()),
        Optional.empty());
  }

  /** The names below a path, none where there is no such path. */
  Version list(Token token, String path)
      throws FetchException, StatusException, InterruptedException {
    try {
      return version(read(token, path, "?list=true"));
    } catch (StatusException e) {
      if (e.status() != 404) {
        throw e;
      }
      return new Version(Optional.empty(), new TreeMap<>(), Optional.empty());
    }
  }

  /**
   * The number of the current version of a secret of KV v2, if nothing was said of its end; empty
   * where only reading it can tell.
   *
   * @param path with its {@code metadata} segment
   */
  Optional<String> currentKv2(Token token, String path)
      throws FetchException, StatusException, InterruptedException {
    JsonObject data = data(read(token, path, ""));
    String number = String.valueOf(data.get("current_version"));
    JsonValue versions = data.get("versions");
    JsonValue version =
        versions == null || !versions.isObject() ? null : versions.asObject().get(number);
    if (version == null || !version.isObject()) {
      return Optional.empty();
    }
    JsonObject facts = version.asObject();
    boolean ends =
        !facts.getString("deletion_time", "").isEmpty() || facts.getBoolean("destroyed", false);
    return ends ? Optional.empty() : Optional.of(number);
  }

  /**
   * Extends a lease.
   *
   * @return what was granted
   * @throws StatusException if it is over, or not extended any more
   */
  Optional<Lease> renew(Token token, Lease lease)
      throws FetchException, StatusException, InterruptedException {
    Map<String, Object> asked =
        Map.of("lease_id", lease.id().orElseThrow(), "increment", lease.duration().toSeconds());
    return lease(write(token, "sys/leases/renew", asked, List.of(token.text())));
  }

  /**
   * Asks whether a lease is still alive.
   *
   * @throws StatusException 400 if not; 403 if this token may not ask
   */
  void lookUp(Token token, String lease)
      throws FetchException, StatusException, InterruptedException {
    write(token, "sys/leases/lookup", Map.of("lease_id", lease), List.of(token.text()));
  }

  /** Gives a lease back. */
  void revoke(Token token, String lease)
      throws FetchException, StatusException, InterruptedException {
    write(token, "sys/leases/revoke", Map.of("lease_id", lease), List.of(token.text()));
  }

  private JsonObject read(Token token, String path, String query)
      throws FetchException, StatusException, InterruptedException {
    String encoded = encode(path) + query;
    return call(token, driver -> driver.read(encoded), List.of(token.text()));
  }

  private JsonObject write(
      @Nullable Token token, String path, Map<String, Object> body, List<String> shown)
      throws FetchException, StatusException, InterruptedException {
    String encoded = encode(path);
    return call(token, driver -> driver.write(encoded, body), shown);
  }

  /** The data of an answer; some paths answer a write with nothing (204). */
  private JsonObject data(JsonObject body) throws FetchException {
    JsonValue data = body.get("data");
    if (data != null && data.isObject()) {
      return data.asObject();
    }
    if (body.get("auth") != null && body.get("auth").isObject()) {
      throw FetchException.permanent(
          "the answer is a token, which is a login and no secret: use vault.auth for that");
    }
    throw FetchException.temporary(
        "%s: the answer holds no data: is something else at this address?"
            .formatted(settings.address()),
        null);
  }

  private static String query(Map<String, String> parameters) {
    StringBuilder query = new StringBuilder();
    for (var parameter : parameters.entrySet()) {
      query
          .append(query.isEmpty() ? '?' : '&')
          .append(parameter.getKey())
          .append('=')
          .append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8));
    }
    return query.toString();
  }

  private static List<String> texts(Collection<Object> values) {
    List<String> texts = new ArrayList<>();
    values.forEach(value -> texts.add(String.valueOf(value)));
    return texts;
  }

  private static String encode(String path) {
    try {
      return new URI(null, null, "/" + path, null).getRawPath().substring(1);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("a path that no URI can hold", e);
    }
  }

  private static SortedMap<String, Field> fields(JsonObject data) {
    SortedMap<String, Field> fields = new TreeMap<>();
    for (JsonObject.Member member : data) {
      JsonValue value = member.getValue();
      fields.put(
          member.getName(),
          value.isString() ? Field.text(value.asString()) : Field.json(value.toString()));
    }
    return fields;
  }

  private static Optional<Lease> lease(JsonObject body) {
    String id = body.getString("lease_id", "");
    long seconds = body.getLong("lease_duration", 0);
    // KV v1 sends a duration, as advice, with an empty id.
    if (id.isEmpty() || seconds <= 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Lease(
            Optional.of(id), Duration.ofSeconds(seconds), body.getBoolean("renewable", false)));
  }

  /** A certificate has no lease, but says itself when it ends. */
  private static Optional<Lease> certificate(JsonObject data) {
    long end = data.getLong("expiration", 0);
    if (data.get("certificate") == null || end <= 0) {
      return Optional.empty();
    }
    Duration life = Duration.between(InstantSource.system().instant(), Instant.ofEpochSecond(end));
    return Optional.of(
        new Lease(
            Optional.empty(), life.compareTo(SHORTEST_LIFE) < 0 ? ASSUMED_LIFE : life, false));
  }

  private VaultConfig config(@Nullable Token token) {
    try {
      VaultConfig config =
          new VaultConfig()
              .environmentLoader(new NoEnvironment())
              .address(settings.address().toString())
              .engineVersion(1)
              .httpClient(http);
      if (token != null) {
        config.token(token.text());
      }
      if (settings.namespace().isPresent()) {
        config.nameSpace(settings.namespace().get());
      }
      return config.build();
    } catch (VaultException e) {
      throw new IllegalStateException(e);
    }
  }

  /** By itself the driver takes VAULT_TOKEN or ~/.vault-token where it is given no token. */
  private static final class NoEnvironment extends EnvironmentLoader {
    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("NullAway") // the driver's word for "not set"
    public String loadVariable(String name) {
      return null;
    }
  }

  private interface DriverCall {
    LogicalResponse call(Logical driver) throws VaultException;
  }

  /** The one way to the server: through the gate, in the time and number allowed. */
  private JsonObject call(@Nullable Token token, DriverCall call, List<String> shown)
      throws FetchException, StatusException, InterruptedException {
    permits.acquire();
    try (Gate.Pass pass = enter()) {
      try {
        LogicalResponse response = call.call(new Logical(config(token)));
        int status = response.getRestResponse().getStatus();
        String body = new String(response.getRestResponse().getBody(), StandardCharsets.UTF_8);
        // The driver returns 404, and what a deleted version of KV v2 answers parses like a secret.
        if (status != 200 && status != 204) {
          throw new VaultException(body, status);
        }
        JsonObject json = body.isBlank() ? new JsonObject() : Json.parse(body).asObject();
        pass.answered();
        metrics.request(Outcome.OK);
        return json;
      } catch (ParseException | UnsupportedOperationException e) {
        pass.answered();
        metrics.request(Outcome.FAILED);
        throw FetchException.temporary(
            settings.address() + ": the answer is not JSON: is something else at this address?",
            null);
      } catch (VaultException e) {
        throw failure(e, pass, shown);
      }
    } finally {
      permits.release();
    }
  }

  private Gate.Pass enter() throws FetchException, InterruptedException {
    try {
      return gate.enter();
    } catch (FetchException e) {
      metrics.request(Outcome.HELD);
      throw e;
    }
  }

  private FetchException failure(VaultException e, Gate.Pass pass, List<String> shown)
      throws StatusException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof InterruptedException) {
        throw new InterruptedException();
      }
      if (cause instanceof ThrottledException throttled) {
        pass.answered();
        metrics.request(Outcome.REFUSED);
        return FetchException.later(
            "%s: status 429: %s".formatted(settings.address(), Statuses.hint(429)),
            throttled.retryAfter());
      }
      if (cause instanceof IOException io) {
        FetchException unreachable = unreachable(io);
        pass.unanswered(unreachable);
        metrics.request(Outcome.FAILED);
        return unreachable;
      }
    }
    int status = e.getHttpStatusCode();
    if (Statuses.isDown(status)) {
      pass.unanswered(
          FetchException.temporary(
              "%s: status %d: %s".formatted(settings.address(), status, Statuses.hint(status)),
              null));
      metrics.request(Outcome.FAILED);
    } else {
      pass.answered();
      metrics.request(Outcome.REFUSED);
    }
    throw new StatusException(status, serverErrors(e, shown));
  }

  private FetchException unreachable(IOException e) {
    String address = settings.address().toString();
    return switch (e) {
      case SSLException tls ->
          FetchException.permanent(
              "TLS with %s fails: %s; trusted are %s, and the server must be named %s"
                  .formatted(
                      address,
                      tls.getMessage(),
                      server(settings).trust(),
                      settings.serverName().orElse(settings.address().getHost())));
      case UnknownHostException unknown ->
          FetchException.temporary(
              "%s: the host's name is not known: correct vault.address or the cluster's DNS"
                  .formatted(address),
              e);
      case ConnectException refused ->
          FetchException.temporary(
              "%s: %s: is the server up, and may this pod reach it?"
                  .formatted(address, e.getMessage()),
              e);
      default -> FetchException.temporary("%s: %s".formatted(address, e.getMessage()), e);
    };
  }

  /**
   * The {@code errors} of an answer, without what was shown to the server: it should not repeat
   * that, but these lines end in logs.
   */
  private static String serverErrors(VaultException e, List<String> shown) {
    String message = String.valueOf(e.getMessage());
    List<String> errors = new ArrayList<>();
    try {
      JsonValue list =
          Json.parse(message.substring(Math.max(0, message.indexOf('{')))).asObject().get("errors");
      if (list != null && list.isArray()) {
        list.asArray().forEach(error -> errors.add(error.asString()));
      }
    } catch (ParseException | UnsupportedOperationException notJson) {
      return "";
    }
    String text = String.join("; ", errors).replaceAll("\\s+", " ");
    for (String secret : shown) {
      if (!secret.isEmpty()) {
        text = text.replace(secret, "[redacted]");
      }
    }
    return text.length() > 300 ? text.substring(0, 300) + "..." : text;
  }

  @Override
  public void close() {
    http.close();
  }
}
