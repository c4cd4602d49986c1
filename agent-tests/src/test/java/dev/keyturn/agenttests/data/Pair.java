package dev.keyturn.agenttests.data;

import dev.keyturn.mount.HandMadeMount.File;

/** A user and a password that belong together: version N of a secret. */
record Pair(String user, String password) {
  static Pair version(int number) {
    return new Pair("app-" + number, "canary-" + number + "-of-the-pair");
  }

  File secret(String name) {
    return File.of(name, "properties", "username=" + user + "\npassword=" + password + "\n")
        .standIn();
  }
}
