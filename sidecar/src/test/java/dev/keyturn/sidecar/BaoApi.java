package dev.keyturn.sidecar;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What a test does at an OpenBao, which may be one server or a cluster. */
public interface BaoApi {
  HttpClient HTTP = HttpClient.newHttpClient();

  /** Where a client finds it. */
  String address();

  /** Calls the API as root and returns the answer's body. */
  String call(String method, String path, String body) throws Exception;

  /** Calls the API of one server. */
  static String send(
      String address,
      String token,
      String method,
      String path,
      String body,
      Map<String, String> headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + "/v1/" + path))
            .header("X-Vault-Token", token)
            .method(method, BodyPublishers.ofString(body));
    headers.forEach(request::header);
    HttpResponse<String> response = HTTP.send(request.build(), BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw new AssertionError(
          method + " " + path + ": " + response.statusCode() + " " + response.body());
    }
    return response.body();
  }

  /** Writes a secret of the KV v2 engine that is mounted at {@code secret}. */
  default void put(String path, String json) throws Exception {
    call("POST", "secret/data/" + path, "{\"data\":" + json + "}");
  }

  /** A policy named {@code app} that may read everything under {@code secret} and {@code kv1}. */
  default void allowReading() throws Exception {
    allow("secret/data/*", "read", "kv1/*", "read");
  }

  /**
   * The policy {@code app}.
   *
   * @param rules paths, each followed by its one capability
   */
  default void allow(String... rules) throws Exception {
    StringBuilder policy = new StringBuilder();
    for (int i = 0; i < rules.length; i += 2) {
      policy.append(
          "path \\\"%s\\\" {capabilities=[\\\"%s\\\"]} ".formatted(rules[i], rules[i + 1]));
    }
    call("PUT", "sys/policies/acl/app", "{\"policy\": \"" + policy + "\"}");
  }

  /**
   * An AppRole with the policy {@code app}; its role id and secret id are in {@code role-id} and
   * {@code secret-id} under the directory.
   *
   * @param settings of the role, such as {@code "token_ttl":"1h"}
   */
  default void appRole(Path into, String settings) throws Exception {
    call("POST", "sys/auth/approle", "{\"type\":\"approle\"}");
    call(
        "POST",
        "auth/approle/role/app",
        "{\"token_policies\":[\"app\"]" + (settings.isEmpty() ? "" : "," + settings) + "}");
    Files.writeString(
        into.resolve("role-id"),
        text(call("GET", "auth/approle/role/app/role-id", ""), "role_id") + "\n");
    if (!settings.contains("bind_secret_id")) {
      Files.writeString(
          into.resolve("secret-id"),
          text(call("POST", "auth/approle/role/app/secret-id", "{}"), "secret_id") + "\n");
    }
  }

  /** A token with the policy {@code app}. */
  default String token(String ttl) throws Exception {
    return text(
        call("POST", "auth/token/create", "{\"policies\":[\"app\"],\"ttl\":\"" + ttl + "\"}"),
        "client_token");
  }

  /** The value of a string in a JSON answer. */
  static String text(String json, String name) {
    int start = json.indexOf("\"" + name + "\":\"") + name.length() + 4;
    return json.substring(start, json.indexOf('"', start));
  }
}
