package dev.keyturn.agenttests.jdbc;

import dev.keyturn.mount.HandMadeMount.File;
import java.util.UUID;

/** One version of a database's credentials. */
record Login(String user, String password) {
  static Login of(String user) {
    return new Login(user, "canary-" + UUID.randomUUID());
  }

  File published() {
    return File.of(
            "db", "json", "{\"username\":\"" + user + "\",\"password\":\"" + password + "\"}")
        .standIn();
  }
}
