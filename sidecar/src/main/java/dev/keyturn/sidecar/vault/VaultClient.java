package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.VaultAuth;
import dev.keyturn.plan.VaultSettings;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.Lease;
import io.github.jopenlibs.vault.EnvironmentLoader;
import io.github.jopenlibs.vault.VaultConfig;
import io.github.jopenlibs.vault.VaultException;
import io.github.jopenlibs.vault.api.Auth;
import io.github.jopenlibs.vault.api.Logical;
import io.github.jopenlibs.vault.json.Json;
import io.github.jopenlibs.vault.json.JsonObject;
import io.github.jopenlibs.vault.json.JsonValue;
import io.github.jopenlibs.vault.json.ParseException;
import io.github.jopenlibs.vault.response.AuthResponse;
import io.github.jopenlibs.vault.response.LogicalResponse;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * All that is asked of a Vault or OpenBao, through the driver, which appears in no other class. Its
 * {@code Vault} is left out, since that brings java.util.logging; so are its settings from the
 * environment, and its idea of KV versions: paths are given as the API has them. Safe for use by
 * several threads.
 */
final class VaultClient implements AutoCloseable {
  /** Of one request: a server in the same cluster answers in milliseconds, one under load later. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final VaultSettings settings;
  private final InstantSource clock;
  private final SocketHttpClient http;

  VaultClient(VaultSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.http = new SocketHttpClient(new Dialer(settings), TIMEOUT);
  }

  /** Where a path is mounted, and what serves it. */
  record Engine(String mount, boolean kv1, boolean kv2) {}

  /**
   * What a path holds.
   *
   * @param version of KV v2
   * @param fields may be empty
   */
  record Answer(Optional<String> version, SortedMap<String, Field> fields, Optional<Lease> lease) {}

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
   * Logs in with what the identity's files hold now.
   *
   * @throws StatusException if the server refuses
   */
  Token login(VaultAuth auth) throws FetchException, StatusException, InterruptedException {
    // Not a pattern switch: those are spun at run time, before the first file, and stay in memory.
    if (auth instanceof VaultAuth.Kubernetes kubernetes) {
      return loginByJwt(kubernetes.mount(), kubernetes.role(), kubernetes.tokenFile());
    }
    if (auth instanceof VaultAuth.Jwt jwt) {
      return loginByJwt(jwt.mount(), jwt.role().orElse(null), jwt.tokenFile());
    }
    if (auth instanceof VaultAuth.AppRole role) {
      String roleId = identity(role.roleIdFile());
      String secretId = role.secretIdFile().isEmpty() ? null : identity(role.secretIdFile().get());
      return login(
          List.of(roleId, secretId == null ? "" : secretId),
          driver -> driver.loginByAppRole(role.mount(), roleId, secretId));
    }
    if (!(auth instanceof VaultAuth.TokenFile(String file, _))) {
      throw FetchException.permanent(
          "login: this sidecar logs in with no certificate: choose another vault.auth");
    }
    return new Token(identity(file), clock.instant(), Optional.empty(), false);
  }

  private Token loginByJwt(String mount, @Nullable String role, String file)
      throws FetchException, StatusException, InterruptedException {
    String jwt = identity(file);
    return login(List.of(jwt), driver -> driver.loginByJwt(mount, role, jwt));
  }

  private Token login(List<String> shown, DriverCall<Auth, AuthResponse> call)
      throws FetchException, StatusException, InterruptedException {
    AuthResponse answer = call(new Auth(config(null)), call, shown);
    String text = answer.getAuthClientToken();
    if (text == null || text.isEmpty()) {
      throw FetchException.permanent(
          "login at %s gave no token: is this a Vault or OpenBao, and does the login need a second factor?"
              .formatted(settings.address()));
    }
    Duration ttl = Duration.ofSeconds(answer.getAuthLeaseDuration());
    return new Token(
        text, clock.instant(), ttl.isPositive() ? Optional.of(ttl) : Optional.empty(), true);
  }

  private static String identity(String file) throws FetchException {
    String text;
    try {
      text = Files.readString(Path.of(file)).strip();
    } catch (NoSuchFileException e) {
      throw FetchException.permanent(
          "login: there is no identity file %s: mount it or correct vault.auth".formatted(file));
    } catch (IOException e) {
      throw FetchException.permanent(
          "login: the identity file %s cannot be read: %s"
              .formatted(file, e.getClass().getSimpleName()));
    }
    if (text.isEmpty() || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw FetchException.permanent(
          "login: the identity file %s must hold one word of ASCII and nothing else"
              .formatted(file));
    }
    return text;
  }

  /** Whether the server still knows the token; false also where the token may not ask. */
  boolean knows(Token token) throws FetchException, InterruptedException {
    try {
      call(
          new Logical(config(token)),
          driver -> ok(driver.read("auth/token/lookup-self")),
          List.of());
      return true;
    } catch (StatusException e) {
      return false;
    }
  }

  /** Gives a token back, with all the leases under it. */
  void revoke(Token token) throws FetchException, StatusException, InterruptedException {
    call(
        new Auth(config(token)),
        driver -> {
          driver.revokeSelf();
          return true;
        },
        List.of());
  }

  /** Asks which engine serves a path; any token that may do something there may ask. */
  Engine engine(Token token, String path)
      throws FetchException, StatusException, InterruptedException {
    JsonObject data = read(token, "sys/internal/ui/mounts/" + path, "").getDataObject();
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

  /** Reads a path as it is. */
  Answer readPath(Token token, String path)
      throws FetchException, StatusException, InterruptedException {
    LogicalResponse response = read(token, path, "");
    return new Answer(Optional.empty(), fields(response.getDataObject()), lease(response));
  }

  /**
   * Reads a secret of KV v2.
   *
   * @param path with its {@code data} segment
   * @param version empty for the current one
   */
  Answer readKv2(Token token, String path, Optional<String> version)
      throws FetchException, StatusException, InterruptedException {
    LogicalResponse response = read(token, path, version.map(n -> "?version=" + n).orElse(""));
    JsonObject body = response.getDataObject();
    JsonValue data = body.get("data");
    JsonValue metadata = body.get("metadata");
    if (data == null || !data.isObject() || metadata == null || !metadata.isObject()) {
      throw new StatusException(404, "this version is deleted or destroyed");
    }
    JsonValue number = metadata.asObject().get("version");
    return new Answer(
        Optional.ofNullable(number).map(JsonValue::toString),
        fields(data.asObject()),
        Optional.empty());
  }

  private LogicalResponse read(Token token, String path, String query)
      throws FetchException, StatusException, InterruptedException {
    String encoded = encode(path) + query;
    LogicalResponse response =
        call(new Logical(config(token)), driver -> ok(driver.read(encoded)), List.of(token.text()));
    if (response.getDataObject() == null) {
      throw FetchException.temporary(
          "%s: the answer for %s is not what a Vault sends: is something else at this address?"
              .formatted(settings.address(), path),
          null);
    }
    return response;
  }

  /** The driver returns these, and what a deleted version of KV v2 answers parses like one. */
  private static LogicalResponse ok(LogicalResponse response) throws VaultException {
    int status = response.getRestResponse().getStatus();
    if (status != 200) {
      throw new VaultException(
          new String(response.getRestResponse().getBody(), StandardCharsets.UTF_8), status);
    }
    return response;
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

  private static Optional<Lease> lease(LogicalResponse response) {
    String id = response.getLeaseId();
    Long seconds = response.getLeaseDuration();
    // KV v1 sends a duration, as advice, with an empty id.
    if (id == null || id.isEmpty() || seconds == null || seconds <= 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Lease(id, Duration.ofSeconds(seconds), Boolean.TRUE.equals(response.getRenewable())));
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

  private interface DriverCall<D, T> {
    T call(D driver) throws VaultException;
  }

  private <D, T> T call(D driver, DriverCall<D, T> call, List<String> shown)
      throws FetchException, StatusException, InterruptedException {
    try {
      return call.call(driver);
    } catch (VaultException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof InterruptedException) {
          throw new InterruptedException();
        }
        if (cause instanceof IOException io) {
          throw unreachable(io);
        }
      }
      throw new StatusException(e.getHttpStatusCode(), serverErrors(e, shown));
    }
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
                      Tls.trustOf(settings),
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
