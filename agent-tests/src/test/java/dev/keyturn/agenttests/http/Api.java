package dev.keyturn.agenttests.http;

import dev.keyturn.mount.HandMadeMount.File;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** One version of what a client is to send: a token, and a user with a password. */
record Api(String token, String user, String password) {
  static final Api ONE = new Api("canary-token-1", "canary-user-1", "canary-password-1");
  static final Api TWO = new Api("canary-token-2", "canary-user-2", "canary-password-2");

  /** As applications hold it. */
  static final Api STAND_INS =
      new Api("keyturn:api/token", "keyturn:api/user", "keyturn:api/password");

  /** To be sent to some hosts only. */
  File to(String... hosts) {
    return File.of(
            "api",
            "json",
            "{\"token\":\"%s\",\"user\":\"%s\",\"password\":\"%s\"}"
                .formatted(token, user, password))
        .standIn()
        .hosts(hosts);
  }

  String basic() {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  /** What must not be where it need not be. */
  String[] canaries() {
    return new String[] {token, password, basic().substring("Basic ".length())};
  }
}
