package dev.keyturn.javaagent.guard;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountedFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values that the guards look for: of each secret its version now and the one before. */
public final class Known {
  /**
   * What stands beside a secret and is none, by the names that the database and PKI engines and
   * common charts give: a host or a user that is a word would be masked in every sentence, and no
   * child process could be told of it.
   */
  private static final List<String> NO_SECRETS =
      Arrays.asList(
          "username",
          "user",
          "host",
          "hostname",
          "port",
          "database",
          "dbname",
          "certificate",
          "ca_chain",
          "issuing_ca",
          "serial_number",
          "private_key_type",
          "expiration",
          "tls.crt",
          "ca.crt");

  private static List<MountedFile> current = Collections.emptyList();
  private static final Map<String, MountedFile> previous = new HashMap<>();
  private static volatile @Nullable Values values;

  private Known() {}

  /**
   * Whose values are to be known from now on. Called by who follows the mount, before it serves
   * them: what it takes is taken off the application's threads, unless none of them has had a text
   * to look at yet.
   */
  public static synchronized void learn(List<MountedFile> files) {
    for (MountedFile was : current) {
      for (MountedFile is : files) {
        if (is.name().equals(was.name()) && !is.sameContent(was)) {
          previous.put(was.name(), was);
        }
      }
    }
    current = files;
    if (values != null) {
      values = valuesOf(current, previous.values());
    }
  }

  static Values values() {
    Values known = values;
    return known != null ? known : firstValues();
  }

  private static synchronized Values firstValues() {
    Values known = values;
    if (known == null) {
      known = valuesOf(current, previous.values());
      values = known;
    }
    return known;
  }

  private static Values valuesOf(List<MountedFile> now, Collection<MountedFile> before) {
    Values.Builder builder = new Values.Builder();
    for (MountedFile file : now) {
      add(file, builder);
    }
    for (MountedFile file : before) {
      add(file, builder);
    }
    Values values = builder.build(System.nanoTime());
    MountedFile.forgetDecoded();
    return values;
  }

  /** The names of those that were too short, as they are shown. */
  private static List<String> add(MountedFile file, Values.Builder builder) {
    List<String> tooShort = new ArrayList<>();
    List<String> keys = new ArrayList<>(file.keys());
    keys.removeAll(NO_SECRETS);
    keys.add("");
    for (String key : keys) {
      try {
        byte[] value =
            key.isEmpty() ? file.bytes() : file.text(key).getBytes(StandardCharsets.UTF_8);
        Values.Secret secret = new Values.Secret(file.name(), key, file.version());
        if (!builder.add(secret, value)) {
          tooShort.add(secret.toString());
        }
        Arrays.fill(value, (byte) 0);
      } catch (MountException e) {
        // Then nobody in this JVM has the value from us; who serves it says why.
      }
    }
    MountedFile.forgetDecoded();
    return tooShort;
  }

  /** Says which values of the mount are not looked for. */
  public static void sayWhatIsTooShort(List<MountedFile> files) {
    List<String> tooShort = new ArrayList<>();
    for (MountedFile file : files) {
      tooShort.addAll(add(file, new Values.Builder()));
    }
    if (!tooShort.isEmpty()) {
      Problems.once(
          "not masked in logs, being shorter than " + Values.SHORTEST + " characters: " + tooShort);
    }
  }
}
