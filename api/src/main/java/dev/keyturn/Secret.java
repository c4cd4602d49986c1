package dev.keyturn;

import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountedFile;

/**
 * One version of a secret: its values belong together (a user and a password, a key and a
 * certificate), and stay as they are when it rotates. Immutable; {@link #toString} shows no value.
 */
public final class Secret {
  private final MountedFile file;

  Secret(MountedFile file) {
    this.file = file;
  }

  /** The plan's name for it, which is its file's name in the mount. */
  public String name() {
    return file.name();
  }

  /** The version id its source gave it. */
  public String version() {
    return file.version();
  }

  /**
   * The value of one key.
   *
   * @throws SecretException if there is no such key, or the format has none ({@code raw})
   */
  public String get(String key) {
    if (key.isEmpty()) {
      throw new SecretException("secret '" + name() + "' has no key '': text() is the whole file");
    }
    try {
      return file.text(key);
    } catch (MountException e) {
      throw new SecretException(e);
    }
  }

  /**
   * The whole file as text.
   *
   * @throws SecretException if it is not UTF-8
   */
  public String text() {
    try {
      return file.text("");
    } catch (MountException e) {
      throw new SecretException(e);
    }
  }

  /** The whole file's bytes: a copy, for the caller to wipe. */
  public byte[] bytes() {
    try {
      return file.bytes();
    } catch (MountException e) {
      throw new SecretException(e);
    }
  }

  @Override
  public String toString() {
    return "Secret " + file;
  }
}
